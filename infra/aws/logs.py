"""A log group for each function, so that its lines are kept for a while and not for ever."""

from __future__ import annotations

from typing import Any


def group_name(function: str) -> str:
    """The logical name of a function's log group."""
    return f"{function}Logs"


def group(function: str) -> dict[str, Any]:
    """The log group of a function, as a CloudFormation resource."""
    return {
        "Type": "AWS::Logs::LogGroup",
        "Properties": {
            "LogGroupName": {"Fn::Sub": f"/aws/lambda/${{AWS::StackName}}/{function}"},
            "RetentionInDays": {"Ref": "LogRetentionDays"},
        },
    }


def logging_config(function: str) -> dict[str, Any]:
    """Makes a function write to its group; our lines are JSON already and stay what they are.

    Lambda's own lines about each run's start and end would cost more than the run: they are left out, and what they
    say is in the metrics.
    """
    return {"LogFormat": "JSON", "SystemLogLevel": "WARN", "LogGroup": {"Ref": group_name(function)}}
