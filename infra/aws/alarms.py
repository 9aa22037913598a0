"""Alarms that need nothing of the service itself: CloudWatch watches what AWS measures, and tells the topic."""

from __future__ import annotations

from typing import Any

from infra.aws import migrations
from infra.aws.functions import FUNCTIONS
from infra.aws.queues import QUEUES

MINUTE, FIVE_MINUTES = 60, 300
TICK = "Tick"
_GIB = 1024**3


def resources() -> dict[str, Any]:
    """All alarms, as CloudFormation resources."""
    made = {"NoTickAlarm": _no_tick(), "ApiErrorsAlarm": _api_errors(), "IngestRefusalsAlarm": _ingest_refusals()}
    for name in FUNCTIONS:
        if name == migrations.MIGRATE:
            continue  # it runs while somebody deploys, and that fails with it
        of = {"FunctionName": {"Ref": name}}
        made[f"{name}ErrorsAlarm"] = _alarm(
            f"{name} fails: see its log (docs/operations.md, errors)",
            # One failed run is made good by the next. What fails for three minutes in a row is no longer judged at all.
            _metric("AWS/Lambda", "Errors", of, period=MINUTE if name == TICK else FIVE_MINUTES),
            above=0,
            periods=3,
            of_them=3 if name == TICK else 2,
        )
        made[f"{name}ThrottlesAlarm"] = _alarm(
            f"{name} is throttled: too many run at once (docs/operations.md, throttles)",
            _metric("AWS/Lambda", "Throttles", of),
            above=0,
            periods=3,
            of_them=2,
        )
    for name, queue in QUEUES.items():
        if queue.old_after is None:
            made[f"{name}Alarm"] = _alarm(
                f"There are messages in {name} (docs/operations.md, dead letters)",
                _metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", _queue(name), "Maximum"),
                above=0,
            )
        else:
            made[f"{name}Alarm"] = _alarm(
                f"{name} is not being worked off (docs/operations.md, queue age)",
                _metric("AWS/SQS", "ApproximateAgeOfOldestMessage", _queue(name), "Maximum", period=MINUTE),
                above=queue.old_after,
                periods=3,
            )
    return made | _stores()


def _stores() -> dict[str, Any]:
    database = {"DBInstanceIdentifier": {"Ref": "Database"}}
    # The primary's name is the group's with a number; the group alone has no such metric.
    valkey = {"CacheClusterId": {"Fn::Sub": "${Valkey}-001"}}
    made = {
        "DatabaseStorageAlarm": _alarm(
            "PostgreSQL has less than 3 GiB of disk left (docs/operations.md, storage)",
            _metric("AWS/RDS", "FreeStorageSpace", database, "Minimum"),
            below=3 * _GIB,
        ),
        "DatabaseProcessorAlarm": _alarm(
            "PostgreSQL's processor has been over 90 percent for 15 minutes (docs/operations.md, processor)",
            _metric("AWS/RDS", "CPUUtilization", database, "Average"),
            above=90,
            periods=3,
        ),
        "DatabaseConnectionsAlarm": _alarm(
            "PostgreSQL has over 80 connections (docs/operations.md, connections)",
            _metric("AWS/RDS", "DatabaseConnections", database, "Maximum"),
            above=80,
        ),
        "ValkeyMemoryAlarm": _alarm(
            "Valkey's memory is three quarters full; full means 503 for recording (docs/operations.md, memory)",
            _metric("AWS/ElastiCache", "DatabaseMemoryUsagePercentage", valkey, "Maximum"),
            above=75,
        ),
    }
    for name, each in made.items():
        each["Condition"] = "MakesDatabase" if name.startswith("Database") else "MakesValkey"
    return made


def _no_tick() -> dict[str, Any]:
    # Runs that fail are another alarm: TickErrors, as quick.
    return _alarm(
        "No rule has been judged for 3 minutes (docs/operations.md, no tick)",
        _metric("AWS/Lambda", "Invocations", {"FunctionName": {"Ref": TICK}}, period=MINUTE),
        below=1,
        periods=3,
        missing="breaching",  # a function that never runs measures nothing
    )


def _api_errors() -> dict[str, Any]:
    return _alarm(
        "The API answers 5xx (docs/operations.md, errors)",
        _metric("AWS/ApiGateway", "5XXError", {"ApiName": {"Ref": "AWS::StackName"}}),
        above=5,
        periods=3,
        of_them=2,
    )


def _ingest_refusals() -> dict[str, Any]:
    # An answer of 503 is no error of the function, and agents do not come by API Gateway.
    return _alarm(
        "Agents are answered 5xx, and keep their samples (docs/operations.md, errors)",
        _metric("AWS/Lambda", "Url5xxCount", {"FunctionName": {"Ref": "Ingest"}}),
        above=5,
        periods=3,
        of_them=2,
    )


def _queue(name: str) -> dict[str, Any]:
    return {"QueueName": {"Fn::GetAtt": [name, "QueueName"]}}


def _metric(
    namespace: str,
    name: str,
    dimensions: dict[str, Any],
    statistic: str = "Sum",
    *,
    period: int = FIVE_MINUTES,
) -> dict[str, Any]:
    """A metric as an alarm names it."""
    return {
        "Namespace": namespace,
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        "Statistic": statistic,
        "Period": period,
    }


def _alarm(
    says: str,
    metric: dict[str, Any],
    *,
    above: float | None = None,
    below: float | None = None,
    periods: int = 1,
    of_them: int | None = None,
    missing: str = "notBreaching",
) -> dict[str, Any]:
    """Tells when a metric is beyond a limit in `of_them` of so many periods (all), and when that is over."""
    if above is not None:
        compared = {"Threshold": above, "ComparisonOperator": "GreaterThanThreshold"}
    else:
        compared = {"Threshold": below, "ComparisonOperator": "LessThanThreshold"}
    topic = [{"Ref": "AlarmTopic"}]
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": {"Fn::Sub": f"${{AWS::StackName}}: {says}"},
            "AlarmActions": topic,
            "OKActions": topic,
            "EvaluationPeriods": periods,
            "DatapointsToAlarm": of_them or periods,
            "TreatMissingData": missing,
            **metric,
            **compared,
        },
    }
