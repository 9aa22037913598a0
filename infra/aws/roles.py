"""One least-privilege role for each function: what is in the table of functions, and what running it takes."""

from __future__ import annotations

from typing import Any

from infra.aws import migrations
from infra.aws.functions import FUNCTIONS, Statement, allow
from infra.aws.logs import group_name

_USE_KEY = allow("kms:Decrypt", "kms:GenerateDataKey", on="Key")
_CALL_MIGRATE = allow("lambda:InvokeFunction", on=migrations.MIGRATE)


def statements(function: str) -> list[Statement]:
    """What a function of the stack may do. Raises KeyError for one that is in no table."""
    if function == migrations.RUN:
        return [_write_log(function), _CALL_MIGRATE]
    given = FUNCTIONS[function]
    # Its environment is encrypted with the key, and so is every queue.
    found = [_write_log(function), _USE_KEY, *given.may]
    if given.takes:
        found.append(allow("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", on=given.takes))
    if given.inside:
        found += [_JOIN_NETWORK, _only_lambda_joins(function)]
    if given.joins:
        joining = (_JOIN_NETWORK, _only_lambda_joins(function))
        found += [{"Fn::If": ["PullerJoinsNetwork", each, {"Ref": "AWS::NoValue"}]} for each in joining]
    return found


# EC2 does not know yet which interface it is about when Lambda is checked for these: AWS offers them without ARNs only.
_JOIN_NETWORK: Statement = {
    "Sid": "JoinNetwork",
    "Effect": "Allow",
    "Action": [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    ],
    "Resource": "*",
}


def _only_lambda_joins(function: str) -> Statement:
    """What Lambda may do to start a function in a VPC is denied to the function's own code."""
    arn = (
        f"arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:${{AWS::StackName}}-{function}-*"
    )
    return {
        "Sid": "NotTheCodeItself",
        "Effect": "Deny",
        "Action": _JOIN_NETWORK["Action"],
        "Resource": "*",
        "Condition": {"ArnLike": {"lambda:SourceFunctionArn": {"Fn::Sub": arn}}},
    }


def _write_log(function: str) -> Statement:
    # A group's ARN ends in ":*", which stands for its streams.
    return allow("logs:CreateLogStream", "logs:PutLogEvents", on=group_name(function))


def role_name(function: str) -> str:
    """The logical name of a function's role."""
    return f"{function}Role"


def role_of(function: str) -> dict[str, Any]:
    """What a function's `Role` property is set to."""
    return {"Fn::GetAtt": [role_name(function), "Arn"]}


def role(function: str) -> dict[str, Any]:
    """The role of a function, as a CloudFormation resource. Raises KeyError for one that is in no table."""
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
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": statements(function)},
                }
            ],
        },
    }
