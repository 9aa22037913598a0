"""The CloudWatch dashboard: what the alarms watch, as curves."""

from __future__ import annotations

import json
from typing import Any

from infra.aws.functions import FUNCTIONS
from infra.aws.queues import QUEUES

WIDTH, HEIGHT = 12, 6


def resources() -> dict[str, Any]:
    """The dashboard, as a CloudFormation resource."""
    functions = list(FUNCTIONS)
    curves: list[tuple[str, str, list[list[str]]]] = [
        ("Runs a minute", "Sum", [["AWS/Lambda", "Invocations", "FunctionName", f"${{{name}}}"] for name in functions]),
        ("Failed runs", "Sum", [["AWS/Lambda", "Errors", "FunctionName", f"${{{name}}}"] for name in functions]),
        ("How long, 95 %", "p95", [["AWS/Lambda", "Duration", "FunctionName", f"${{{name}}}"] for name in functions]),
        ("Throttled", "Sum", [["AWS/Lambda", "Throttles", "FunctionName", f"${{{name}}}"] for name in functions]),
        (
            "Age of the oldest message",
            "Maximum",
            [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", f"${{{name}.QueueName}}"] for name in QUEUES],
        ),
        (
            "API",
            "Sum",
            [["AWS/ApiGateway", name, "ApiName", "${AWS::StackName}"] for name in ("Count", "4XXError", "5XXError")],
        ),
    ]
    shown = list(curves)
    # Widgets of stores that are not the stack's cannot refer to them: their dimension is empty then.
    database, valkey = "${DatabaseName}", "${ValkeyName}"
    for title, metric in (
        ("PostgreSQL: processor, %", "CPUUtilization"),
        ("PostgreSQL: free disk", "FreeStorageSpace"),
    ):
        shown.append((title, "Average", [["AWS/RDS", metric, "DBInstanceIdentifier", database]]))
    for title, metric in (
        ("Valkey: memory, %", "DatabaseMemoryUsagePercentage"),
        ("Valkey: processor, %", "EngineCPUUtilization"),
    ):
        shown.append((title, "Maximum", [["AWS/ElastiCache", metric, "CacheClusterId", valkey]]))
    widgets = [
        {
            "type": "metric",
            "x": WIDTH * (index % 2),
            "y": HEIGHT * (index // 2),
            "width": WIDTH,
            "height": HEIGHT,
            "properties": {
                "title": title,
                "region": "${AWS::Region}",
                "stat": statistic,
                "period": 60,
                "metrics": metrics,
            },
        }
        for index, (title, statistic, metrics) in enumerate(shown)
    ]
    names = {
        "DatabaseName": {"Fn::If": ["MakesDatabase", {"Ref": "Database"}, "none"]},
        "ValkeyName": {"Fn::If": ["MakesValkey", {"Fn::Sub": "${Valkey}-001"}, "none"]},
    }
    body = {"Fn::Sub": [json.dumps({"widgets": widgets}), names]}
    properties = {"DashboardName": {"Ref": "AWS::StackName"}, "DashboardBody": body}
    return {"Dashboard": {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}}
