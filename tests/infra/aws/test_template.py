"""What the stack declares: nothing without a size, a role that allows no more than needed, migrations first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.services.tick import HORIZON_SECONDS
from infra.aws import migrations
from infra.aws.package import TEMPLATE
from infra.aws.roles import STATEMENTS
from infra.aws.template import FUNCTION, MAX_TICKS_AT_ONCE, SIZES, finish

pytestmark = pytest.mark.xdist_group("deploy")  # one package


@pytest.fixture(scope="module")
def resources(package: Path) -> dict[str, Any]:
    """The resources of the template that is deployed."""
    found: dict[str, Any] = json.loads((package / TEMPLATE).read_text())["Resources"]
    return found


def test_every_function_of_the_tables_has_a_size_and_a_role() -> None:
    assert {*SIZES, migrations.RUN} == set(STATEMENTS)


def test_a_function_that_nobody_has_sized_is_an_error() -> None:
    chalice_made = {name: {"Type": FUNCTION, "Properties": {}} for name in (*SIZES, "New")}
    with pytest.raises(KeyError, match="New"):
        finish({"Resources": chalice_made}, code="1")


def test_a_size_for_a_function_that_is_gone_is_an_error() -> None:
    chalice_made = {name: {"Type": FUNCTION, "Properties": {}} for name in SIZES if name != "Compact"}
    with pytest.raises(KeyError, match="Compact"):
        finish({"Resources": chalice_made}, code="1")


def test_no_role_allows_everything(resources: dict[str, Any]) -> None:
    policies = [
        policy["PolicyDocument"]
        for each in resources.values()
        if each["Type"] == "AWS::IAM::Role"
        for policy in each["Properties"]["Policies"]
    ]
    statements = [statement for policy in policies for statement in policy["Statement"]]

    assert len(policies) == len(STATEMENTS)
    for statement in statements:
        assert isinstance(statement["Resource"], dict), "an ARN of this stack, not a text that may match more"
        assert not [action for action in statement["Action"] if "*" in action]


def test_no_code_but_the_migrations_own_runs_before_the_schema_is_up_to_date(resources: dict[str, Any]) -> None:
    functions = {name for name, each in resources.items() if each["Type"].endswith("::Function")}
    waiting = {name for name in functions if migrations.RESOURCE in resources[name].get("DependsOn", [])}
    assert functions - waiting == {migrations.MIGRATE, migrations.RUN}


def test_the_function_that_runs_migrations_fits_into_the_template_and_learns_no_password(
    resources: dict[str, Any],
) -> None:
    run = resources[migrations.RUN]
    assert run["Type"] == "AWS::Lambda::Function"  # the others, serverless ones, are all given the stores' addresses
    assert "Environment" not in run["Properties"]
    assert len(run["Properties"]["Code"]["ZipFile"]) <= 4096
    assert run["Properties"]["Timeout"] > SIZES[migrations.MIGRATE][1]


def test_a_late_run_of_a_schedule_is_not_tried_again(resources: dict[str, Any]) -> None:
    events = [
        (each["Properties"], event["Properties"])
        for each in resources.values()
        for event in each["Properties"].get("Events", {}).values()
        if event["Type"] == "Schedule"
    ]
    assert events
    for function, event in events:
        assert event["RetryPolicy"]["MaximumRetryAttempts"] == 0
        assert function["EventInvokeConfig"]["MaximumRetryAttempts"] == 0


def test_a_delayed_tick_outlives_its_delay(resources: dict[str, Any]) -> None:
    queue = resources["TickQueue"]["Properties"]
    assert queue["MessageRetentionPeriod"] >= HORIZON_SECONDS + 60  # SQS counts from when a message was sent
    assert queue["VisibilityTimeout"] >= SIZES["Tick"][1]  # AWS refuses less


def test_at_most_two_ticks_run_at_once_and_never_more_than_one_message_in_each(resources: dict[str, Any]) -> None:
    (source,) = resources["Tick"]["Properties"]["Events"].values()
    assert source["Properties"]["ScalingConfig"] == {"MaximumConcurrency": MAX_TICKS_AT_ONCE}
    assert source["Properties"]["BatchSize"] == 1
    assert source["Properties"]["Queue"] == {"Fn::GetAtt": ["TickQueue", "Arn"]}  # so that the queue is made first


def test_the_api_lives_under_the_stage_that_gives_its_paths_their_prefix(resources: dict[str, Any]) -> None:
    assert resources["RestAPI"]["Properties"]["StageName"] == "api"
    assert resources["RestAPI"]["Properties"]["EndpointConfiguration"] == "REGIONAL"
