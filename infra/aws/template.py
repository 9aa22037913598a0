"""Finishes the template that Chalice made and merged with resources.json: what Chalice has no setting for."""

from __future__ import annotations

from typing import Any

from infra.aws import logs, migrations
from infra.aws.roles import STATEMENTS, role, role_name, role_of

FUNCTION = "AWS::Serverless::Function"
# memory in MB, timeout in seconds; memory is also processor: 1769 MB are one core
SIZES: dict[str, tuple[int, int]] = {
    "APIHandler": (512, 29),
    "ScheduleTicks": (512, 60),
    "Tick": (1024, 60),
    "Notify": (256, 60),
    "NoteReceipt": (256, 60),
    "Compact": (1024, 600),
    "RecordHealth": (512, 60),
    "Migrate": (512, 300),
    "MintToken": (512, 30),
}
MAX_TICKS_AT_ONCE = 2
# function -> the queue that it works off
QUEUES = {"Tick": "TickQueue", "Notify": "NotificationQueue", "NoteReceipt": "ReceiptQueue"}
# What only one function may know; everybody else gets it neither in the template nor in its environment.
OWN_ENVIRONMENT: dict[str, dict[str, Any]] = {
    "Notify": {
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "NOTIFIER_PRIVATE_KEY": {"Ref": "NotifierPrivateKey"},
        "SMTP_HOST": {"Ref": "SmtpHost"},
        "SMTP_PORT": {"Ref": "SmtpPort"},
        "SMTP_USER": {"Ref": "SmtpUser"},
        "SMTP_PASS": {"Ref": "SmtpPass"},
        "EMAIL_FROM": {"Ref": "EmailFrom"},
    }
}


def finish(template: dict[str, Any], *, code: str) -> dict[str, Any]:
    """The template with sizes, roles, log groups and migrations. `code` tells one package from another.

    Raises KeyError for a function that nobody has sized, and for one in the tables that does not exist.
    """
    resources = template["Resources"]
    resources.pop("DefaultRole", None)
    functions = {name: each for name, each in resources.items() if each["Type"] == FUNCTION}
    if unused := (set(STATEMENTS) | set(SIZES)) - set(functions) - {migrations.RUN}:
        raise KeyError(f"There are no functions called {', '.join(sorted(unused))}.")
    for name, function in functions.items():
        _finish_function(name, function)
    some_function = functions[migrations.MIGRATE]["Properties"]
    resources |= migrations.resources(
        runtime=some_function["Runtime"],
        architecture=some_function["Architectures"][0],
        role=role_of(migrations.RUN),
        logging=logs.logging_config(migrations.RUN),
        code=code,
    )
    for name in (*functions, migrations.RUN):
        resources[role_name(name)] = role(name)
        resources[logs.group_name(name)] = logs.group(name)
    return template


def _finish_function(name: str, function: dict[str, Any]) -> None:
    memory, timeout = SIZES[name]
    function["Properties"] |= {
        "MemorySize": memory,
        "Timeout": timeout,
        "Role": role_of(name),
        "LoggingConfig": logs.logging_config(name),
    }
    if name in OWN_ENVIRONMENT:
        variables = function["Properties"].setdefault("Environment", {}).setdefault("Variables", {})
        variables |= OWN_ENVIRONMENT[name]
    if name != migrations.MIGRATE:
        function["DependsOn"] = [migrations.RESOURCE]
    for event in function["Properties"].get("Events", {}).values():
        _finish_event(name, function, event)


def _finish_event(name: str, function: dict[str, Any], event: dict[str, Any]) -> None:
    if event["Type"] == "Schedule":
        # A run that failed is not tried again: the next one comes soon, and a late one is of no use.
        event["Properties"]["RetryPolicy"] = {"MaximumRetryAttempts": 0}
        function["Properties"]["EventInvokeConfig"] = {"MaximumRetryAttempts": 0}
    if event["Type"] == "SQS":
        # Chalice names the queue by a text, from which CloudFormation cannot tell that it has to exist first.
        event["Properties"]["Queue"] = {"Fn::GetAtt": [QUEUES[name], "Arn"]}
        if name == "Tick":
            event["Properties"]["ScalingConfig"] = {"MaximumConcurrency": MAX_TICKS_AT_ONCE}
