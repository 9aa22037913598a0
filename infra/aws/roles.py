"""One least-privilege role for each kind of function: which it may be is written here by hand."""

from __future__ import annotations

from typing import Any

_QUEUE = {"Fn::GetAtt": ["TickQueue", "Arn"]}
_LOGS = {
    "Effect": "Allow",
    "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    "Resource": {"Fn::Sub": "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/*"},
}
_SEND_TICKS = {"Effect": "Allow", "Action": ["sqs:GetQueueUrl", "sqs:SendMessage"], "Resource": _QUEUE}
_TAKE_TICKS = {
    "Effect": "Allow",
    "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
    "Resource": _QUEUE,
}

# function -> what it may do beside writing its log
STATEMENTS: dict[str, list[dict[str, Any]]] = {
    "APIHandler": [],
    "ScheduleTicks": [_SEND_TICKS],
    "Tick": [_TAKE_TICKS],
    "Compact": [],
    "Migrate": [],
    "MintToken": [],
}


def role_name(function: str) -> str:
    """The logical name of a function's role."""
    return f"{function}Role"


def role(function: str) -> dict[str, Any]:
    """The role of a function, as a CloudFormation resource."""
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
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": [_LOGS, *STATEMENTS[function]]},
                }
            ],
        },
    }
