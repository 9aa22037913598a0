"""One least-privilege role for each function: what it may do is written here by hand."""

from __future__ import annotations

from typing import Any

from infra.aws.logs import group_name

_QUEUE = {"Fn::GetAtt": ["TickQueue", "Arn"]}
_SEND_TICKS = {"Effect": "Allow", "Action": ["sqs:GetQueueUrl", "sqs:SendMessage"], "Resource": _QUEUE}
_TAKE_TICKS = {
    "Effect": "Allow",
    "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
    "Resource": _QUEUE,
}
_JOBS, _DEAD, _RECEIPTS = (
    {"Fn::GetAtt": [name, "Arn"]} for name in ("NotificationQueue", "DeadLetterQueue", "ReceiptQueue")
)
_SEND_JOBS = {"Effect": "Allow", "Action": ["sqs:GetQueueUrl", "sqs:SendMessage"], "Resource": _JOBS}
_TAKE_JOBS = {
    "Effect": "Allow",
    "Action": [
        *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
        *("sqs:GetQueueUrl", "sqs:ChangeMessageVisibility"),
    ],
    "Resource": _JOBS,
}
_SEND_DEAD = {"Effect": "Allow", "Action": ["sqs:GetQueueUrl", "sqs:SendMessage"], "Resource": _DEAD}
_SEND_RECEIPTS = {"Effect": "Allow", "Action": ["sqs:GetQueueUrl", "sqs:SendMessage"], "Resource": _RECEIPTS}
_TAKE_RECEIPTS = {
    "Effect": "Allow",
    "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
    "Resource": _RECEIPTS,
}
_CLAIM = {"Effect": "Allow", "Action": ["dynamodb:UpdateItem"], "Resource": {"Fn::GetAtt": ["ClaimsTable", "Arn"]}}
_SEND_MAIL = {
    "Effect": "Allow",
    "Action": ["ses:SendEmail", "ses:SendRawEmail"],
    "Resource": {"Fn::Sub": "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:*"},
}
_CALL_MIGRATE = {
    "Effect": "Allow",
    "Action": ["lambda:InvokeFunction"],
    "Resource": {"Fn::GetAtt": ["Migrate", "Arn"]},
}

# function -> what it may do beside writing its own log
STATEMENTS: dict[str, list[dict[str, Any]]] = {
    "APIHandler": [_SEND_JOBS],
    "ScheduleTicks": [_SEND_TICKS, _SEND_JOBS],
    "Tick": [_TAKE_TICKS, _SEND_JOBS],
    "Notify": [_TAKE_JOBS, _SEND_DEAD, _SEND_RECEIPTS, _CLAIM, _SEND_MAIL],
    "NoteReceipt": [_TAKE_RECEIPTS],
    "Compact": [],
    "RecordHealth": [],
    "Migrate": [],
    "MintToken": [],
    "RunMigrations": [_CALL_MIGRATE],
}


def role_name(function: str) -> str:
    """The logical name of a function's role."""
    return f"{function}Role"


def role_of(function: str) -> dict[str, Any]:
    """What a function's `Role` property is set to."""
    return {"Fn::GetAtt": [role_name(function), "Arn"]}


def role(function: str) -> dict[str, Any]:
    """The role of a function, as a CloudFormation resource. Raises KeyError for one that is not in STATEMENTS."""
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ],
            },
            "Policies": [
                {
                    "PolicyName": "own",
                    "PolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [_write_log(function), *STATEMENTS[function]],
                    },
                }
            ],
        },
    }


def _write_log(function: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        # A group's ARN ends in ":*", which stands for its streams.
        "Resource": {"Fn::GetAtt": [group_name(function), "Arn"]},
    }
