"""Finishes the template that Chalice made and merged with resources/: what Chalice has no setting for."""

from __future__ import annotations

from typing import Any

from infra.aws import alarms, dashboard, environment, logs, migrations, queues
from infra.aws.functions import FUNCTIONS
from infra.aws.roles import role, role_name, role_of

FUNCTION = "AWS::Serverless::Function"
API = "RestAPI"
MAX_TICKS_AT_ONCE = 2
# What a change of the API's own function would have to wait for, and so cannot refer to.
_BEFORE_THE_API = ("APIHandler", migrations.MIGRATE)
_SUBNETS = {"Fn::If": ["MakesNetwork", [{"Ref": "SubnetA"}, {"Ref": "SubnetB"}], {"Ref": "ExistingSubnetIds"}]}


def finish(template: dict[str, Any], *, code: str) -> dict[str, Any]:
    """The template with everything that follows from the tables. `code` tells one package from another.

    Raises KeyError for a function that is not in the table, and for one in the table that does not exist.
    """
    resources = template["Resources"]
    resources.pop("DefaultRole", None)
    functions = {name: each for name, each in resources.items() if each["Type"] == FUNCTION}
    if unused := set(FUNCTIONS) - set(functions):
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
    resources |= queues.resources() | alarms.resources() | dashboard.resources()
    if API in resources:
        _name_api(resources[API]["Properties"])
    return template


def _finish_function(name: str, function: dict[str, Any]) -> None:
    given = FUNCTIONS[name]
    properties = function["Properties"]
    variables = environment.everywhere() | (environment.inside() if given.inside else {}) | given.environment
    variables["PUBLIC_URL"] = environment.public_url(knows_api=name not in _BEFORE_THE_API)
    properties |= {
        "MemorySize": given.memory,
        "Timeout": given.timeout,
        "Role": role_of(name),
        "LoggingConfig": logs.logging_config(name),
        "Environment": {"Variables": variables},
        "KmsKeyArn": {"Fn::GetAtt": ["Key", "Arn"]},
    }
    if given.inside:
        properties["VpcConfig"] = {
            "SecurityGroupIds": [{"Fn::GetAtt": ["FunctionsGroup", "GroupId"]}],
            "SubnetIds": _SUBNETS,
        }
    if given.joins:
        own = {"SubnetIds": {"Ref": "PullerSubnetIds"}, "SecurityGroupIds": {"Ref": "PullerSecurityGroupIds"}}
        properties["VpcConfig"] = {"Fn::If": ["PullerJoinsNetwork", own, {"Ref": "AWS::NoValue"}]}
    if given.at_most is not None:
        # Not in dev: a new account has ten at once in all, and may not set any aside.
        properties["ReservedConcurrentExecutions"] = {"Fn::If": ["IsProd", given.at_most, {"Ref": "AWS::NoValue"}]}
    if given.has_url:
        properties["FunctionUrlConfig"] = {"AuthType": "NONE"}  # tokens are the application's, as behind API Gateway
    if name != migrations.MIGRATE:
        function["DependsOn"] = [migrations.RESOURCE]
    for event in properties.get("Events", {}).values():
        _finish_event(name, properties, event)


def _finish_event(name: str, properties: dict[str, Any], event: dict[str, Any]) -> None:
    if event["Type"] == "Schedule":
        # A run that failed is not tried again: the next one comes soon, and a late one is of no use.
        event["Properties"]["RetryPolicy"] = {"MaximumRetryAttempts": 0}
        properties["EventInvokeConfig"] = {"MaximumRetryAttempts": 0}
    if event["Type"] == "SQS":
        # Chalice names the queue by a text, from which CloudFormation cannot tell that it has to exist first.
        event["Properties"]["Queue"] = {"Fn::GetAtt": [FUNCTIONS[name].takes, "Arn"]}
        if name == "Notify":
            event["Properties"]["FunctionResponseTypes"] = ["ReportBatchItemFailures"]
        if name == "Tick":
            event["Properties"]["ScalingConfig"] = {"MaximumConcurrency": MAX_TICKS_AT_ONCE}


def _name_api(properties: dict[str, Any]) -> None:
    """Two stages in one account are two APIs; the metrics of an API go by its name."""
    name = {"Ref": "AWS::StackName"}
    properties["Name"] = name
    properties["DefinitionBody"]["info"]["title"] = name
