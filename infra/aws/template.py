"""Finishes the template that Chalice made and merged with resources.json: what Chalice has no setting for."""

from __future__ import annotations

from typing import Any

from infra.aws.roles import STATEMENTS, role, role_name

FUNCTION = "AWS::Serverless::Function"
# memory in MB, timeout in seconds; memory is also processor: 1769 MB are one core
SIZES: dict[str, tuple[int, int]] = {
    "APIHandler": (512, 29),
    "ScheduleTicks": (512, 60),
    "Tick": (1024, 60),
    "Compact": (1024, 600),
    "Migrate": (512, 300),
    "MintToken": (512, 30),
}
MAX_TICKS_AT_ONCE = 2


def finish(template: dict[str, Any]) -> dict[str, Any]:
    """The template with a role and a size for each function. Raises KeyError for a function nobody has sized."""
    resources = template["Resources"]
    functions = {name: each for name, each in resources.items() if each["Type"] == FUNCTION}
    for name, function in functions.items():
        memory, timeout = SIZES[name]
        function["Properties"] |= {
            "MemorySize": memory,
            "Timeout": timeout,
            "Role": {"Fn::GetAtt": [role_name(name), "Arn"]},
        }
        resources[role_name(name)] = role(name)
        for event in function["Properties"].get("Events", {}).values():
            _finish_event(name, function, event)
    if unused := set(STATEMENTS) - set(functions):
        raise KeyError(f"roles.py knows functions that do not exist: {sorted(unused)}")
    resources.pop("DefaultRole", None)
    return template


def _finish_event(name: str, function: dict[str, Any], event: dict[str, Any]) -> None:
    if event["Type"] == "Schedule":
        # A run that failed is not tried again: the next one comes in a minute, and a late one is of no use.
        event["Properties"]["RetryPolicy"] = {"MaximumRetryAttempts": 0}
        function["Properties"]["EventInvokeConfig"] = {"MaximumRetryAttempts": 0}
    if event["Type"] == "SQS":
        # Chalice names the queue by a text, from which CloudFormation cannot tell that it has to exist first.
        function["DependsOn"] = ["TickQueue"]
        event["Properties"]["Queue"] = {"Fn::GetAtt": ["TickQueue", "Arn"]}
        if name == "Tick":
            event["Properties"]["ScalingConfig"] = {"MaximumConcurrency": MAX_TICKS_AT_ONCE}
