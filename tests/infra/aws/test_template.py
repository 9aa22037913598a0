"""What the stack declares: nothing without a size, a role that allows no more than needed, migrations first."""

from __future__ import annotations

import json
import subprocess
import sys
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest

from chalicelib.services.tick import HORIZON_SECONDS
from infra.aws import migrations
from infra.aws.declared import declared
from infra.aws.functions import FUNCTIONS
from infra.aws.package import TEMPLATE
from infra.aws.queues import QUEUES, TICKS
from infra.aws.template import FUNCTION, MAX_TICKS_AT_ONCE, finish
from tests.infra.aws.template_snapshot import SNAPSHOT, shown

pytestmark = pytest.mark.xdist_group("zip")  # one package, unpacked once


@pytest.fixture(scope="module")
def resources(package: Path) -> dict[str, Any]:
    """The resources of the template that is deployed."""
    found: dict[str, Any] = json.loads((package / TEMPLATE).read_text())["Resources"]
    return found


def chalice_made(*names: str) -> dict[str, Any]:
    """A template with these functions, as Chalice makes them."""
    properties = {"Runtime": "python3.11", "Architectures": ["arm64"]}
    return {"Resources": {name: {"Type": FUNCTION, "Properties": dict(properties)} for name in names}}


def statements(resources: dict[str, Any], function: str) -> list[dict[str, Any]]:
    """What a function's role says, also what it says only where the user names subnets for it."""
    (policy,) = resources[f"{function}Role"]["Properties"]["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return [each["Fn::If"][1] if "Fn::If" in each else each for each in found]


def test_a_function_that_is_not_in_the_table_is_an_error() -> None:
    with pytest.raises(KeyError, match="New"):
        finish(chalice_made(*FUNCTIONS, "New"), code="1")


def test_an_entry_for_a_function_that_is_gone_is_an_error() -> None:
    with pytest.raises(KeyError, match="Compact"):
        finish(chalice_made(*(name for name in FUNCTIONS if name != "Compact")), code="1")


def test_two_files_that_declare_the_same_name_are_an_error(tmp_path: Path) -> None:
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text("Resources:\n  Queue: {Type: AWS::SQS::Queue}\n")
    with pytest.raises(ValueError, match=r"two.yaml: Resources has Queue already"):
        declared(tmp_path)


def test_no_role_allows_more_than_resources_of_this_stack(resources: dict[str, Any]) -> None:
    roles = [name for name, each in resources.items() if each["Type"] == "AWS::IAM::Role"]
    assert len(roles) == len(FUNCTIONS) + 1
    for name in roles:
        for statement in statements(resources, name.removesuffix("Role")):
            assert not [action for action in statement["Action"] if "*" in action]
            if statement.get("Sid") == "JoinNetwork":  # these have no ARN when Lambda is asked for them
                assert {action.partition(":")[0] for action in statement["Action"]} == {"ec2"}
            elif statement.get("Sid") == "ReadMetrics":  # CloudWatch knows no narrower resource
                assert statement["Action"] == ["cloudwatch:GetMetricData"]
            elif statement["Effect"] == "Allow":
                assert isinstance(statement["Resource"], dict), "an ARN of this stack, not a text that may match more"


def test_what_lambda_needs_for_the_network_is_denied_to_the_code_and_to_functions_outside(
    resources: dict[str, Any],
) -> None:
    for name, function in FUNCTIONS.items():
        by_sid = {each.get("Sid"): each for each in statements(resources, name)}
        assert ("JoinNetwork" in by_sid) is (function.inside or function.joins)
        if function.inside or function.joins:
            denied = by_sid["NotTheCodeItself"]
            assert denied["Effect"] == "Deny"
            assert set(denied["Action"]) == set(by_sid["JoinNetwork"]["Action"])


def test_only_functions_inside_know_the_stores(resources: dict[str, Any]) -> None:
    for name, function in FUNCTIONS.items():
        properties = resources[name]["Properties"]
        known = {"DATABASE_URL", "REDIS_URL"} & set(properties["Environment"]["Variables"])
        assert known == ({"DATABASE_URL", "REDIS_URL"} if function.inside else set())
        assert ("VpcConfig" in properties) is (function.inside or function.joins)
        if function.joins:  # only where the user says so
            assert properties["VpcConfig"]["Fn::If"][2] == {"Ref": "AWS::NoValue"}
        assert properties["KmsKeyArn"] == {"Fn::GetAtt": ["Key", "Arn"]}


def test_no_environment_makes_the_stack_wait_for_itself(resources: dict[str, Any]) -> None:
    # the API is made of its function, and everything waits for the migrations
    for name in ("APIHandler", "Migrate"):
        assert "RestAPI" not in json.dumps(resources[name]["Properties"]["Environment"])


def test_a_queue_outlives_the_run_that_takes_from_it(resources: dict[str, Any]) -> None:
    for name, function in FUNCTIONS.items():
        if function.takes:
            assert QUEUES[function.takes].visibility >= function.timeout, f"{name}: AWS refuses less"


def test_every_queue_is_encrypted_watched_and_known_by_its_setting(resources: dict[str, Any]) -> None:
    for name, queue in QUEUES.items():
        properties = resources[name]["Properties"]
        assert properties["KmsMasterKeyId"] == {"Ref": "Key"}
        assert properties.get("FifoQueue", False) is queue.fifo
        assert f"{name}Alarm" in resources
        assert resources["Tick"]["Properties"]["Environment"]["Variables"][queue.setting]


def test_every_alarm_tells_the_topic_and_names_a_page_that_exists(resources: dict[str, Any], project: Path) -> None:
    headings = (project / "docs" / "operations.md").read_text().lower()
    alarms = {name: each["Properties"] for name, each in resources.items() if each["Type"] == "AWS::CloudWatch::Alarm"}
    assert {"NoTickAlarm", "TickErrorsAlarm", "ValkeyMemoryAlarm", "DatabaseStorageAlarm"} <= set(alarms)
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
        page = alarm["AlarmDescription"]["Fn::Sub"].split("docs/operations.md, ")[1].rstrip(")")
        assert f"### {page}\n" in headings, f"{name} names the runbook {page!r}, which is not there"


def test_the_stores_are_encrypted_kept_and_protected(resources: dict[str, Any]) -> None:
    database, valkey = resources["Database"], resources["Valkey"]["Properties"]
    # a snapshot brings its encryption with it, and AWS refuses the property beside it
    inherited = {"Fn::If": ["RestoresDatabase", {"Ref": "AWS::NoValue"}, True]}
    assert database["Properties"]["StorageEncrypted"] == inherited
    assert database["Properties"]["DeletionProtection"] == {"Fn::If": ["IsProd", True, False]}
    assert (database["DeletionPolicy"], database["UpdateReplacePolicy"]) == ("Snapshot", "Snapshot")
    assert resources["DatabaseSettings"]["Properties"]["Parameters"]["rds.force_ssl"] == "1"
    assert valkey["TransitEncryptionMode"] == "required"
    assert valkey["AtRestEncryptionEnabled"] is True
    assert resources["ValkeySettings"]["Properties"]["Properties"]["maxmemory-policy"] == "noeviction"
    url = json.dumps(resources["Tick"]["Properties"]["Environment"]["Variables"]["DATABASE_URL"])
    assert "sslmode=verify-full&sslrootcert=" in url


def test_what_opens_the_secrets_outlives_the_stack_but_not_a_deployment_that_failed(resources: dict[str, Any]) -> None:
    keys = resources["NotifierKeys"]
    assert (keys["DeletionPolicy"], keys["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_nobody_waits_for_a_replica_that_the_stack_does_not_make(package: Path) -> None:
    rules = json.loads((package / TEMPLATE).read_text())["Rules"]
    for stage, nodes in (("Dev", 1), ("Prod", 2)):
        (assertion,) = rules[f"ReplicasExistIn{stage}"]["Assertions"]
        allowed, chosen = assertion["Assert"]["Fn::Contains"]
        assert chosen == {"Ref": "ValkeyReplicas"}
        assert allowed == ["auto", *(str(number) for number in range(nodes))]


def test_a_channel_that_is_away_is_no_failed_run_of_the_notifier(resources: dict[str, Any]) -> None:
    # that would ring its alarm, and have Lambda poll less for all channels
    (source,) = resources["Notify"]["Properties"]["Events"].values()
    assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_restored_database_keeps_the_version_and_the_size_of_its_snapshot(resources: dict[str, Any]) -> None:
    # both grow by themselves meanwhile, and AWS takes neither a lower version nor a smaller disk
    database = resources["Database"]["Properties"]
    for name in ("EngineVersion", "AllocatedStorage"):
        condition, restored, _ = database[name]["Fn::If"]
        assert (condition, restored) == ("RestoresDatabase", {"Ref": "AWS::NoValue"})
    assert database["AutoMinorVersionUpgrade"] is True
    assert database["MaxAllocatedStorage"] > 20


def test_recording_that_is_refused_is_an_alarm_at_either_address(resources: dict[str, Any]) -> None:
    # a 503 is an answer, and so no error of the function that gives it
    by_url = resources["IngestRefusalsAlarm"]["Properties"]
    assert (by_url["Namespace"], by_url["MetricName"]) == ("AWS/Lambda", "Url5xxCount")
    assert by_url["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "Ingest"}}]
    assert resources["ApiErrorsAlarm"]["Properties"]["MetricName"] == "5XXError"


def test_silence_of_the_ticks_is_an_alarm(resources: dict[str, Any]) -> None:
    alarm = resources["NoTickAlarm"]["Properties"]
    assert alarm["TreatMissingData"] == "breaching"  # a function that never runs measures nothing
    assert alarm["EvaluationPeriods"] * 60 == 180


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
    assert run["Properties"]["Timeout"] > FUNCTIONS[migrations.MIGRATE].timeout


def test_a_late_run_of_a_schedule_is_not_tried_again(resources: dict[str, Any]) -> None:
    events = [
        (each["Properties"], event["Properties"])
        for each in resources.values()
        for event in each["Properties"].get("Events", {}).values()
        if event["Type"] == "Schedule"
    ]
    assert len(events) >= 3
    for function, event in events:
        assert event["RetryPolicy"]["MaximumRetryAttempts"] == 0
        assert function["EventInvokeConfig"]["MaximumRetryAttempts"] == 0


def test_a_delayed_tick_outlives_its_delay(resources: dict[str, Any]) -> None:
    assert resources[TICKS]["Properties"]["MessageRetentionPeriod"] >= HORIZON_SECONDS + 60  # counted from the sending


def test_at_most_two_ticks_run_at_once_and_never_more_than_one_message_in_each(resources: dict[str, Any]) -> None:
    (source,) = resources["Tick"]["Properties"]["Events"].values()
    assert source["Properties"]["ScalingConfig"] == {"MaximumConcurrency": MAX_TICKS_AT_ONCE}
    assert source["Properties"]["BatchSize"] == 1
    assert source["Properties"]["Queue"] == {"Fn::GetAtt": ["TickQueue", "Arn"]}  # so that the queue is made first


def test_the_api_lives_under_the_stage_that_gives_its_paths_their_prefix(resources: dict[str, Any]) -> None:
    assert resources["RestAPI"]["Properties"]["StageName"] == "api"
    assert resources["RestAPI"]["Properties"]["EndpointConfiguration"] == "REGIONAL"


def test_cfn_lint_finds_nothing(package: Path) -> None:
    command = [str(Path(sys.executable).parent / "cfn-lint"), "--regions", "us-east-1", "eu-central-1", "--"]
    done = subprocess.run([*command, str(package / TEMPLATE)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_change_of_the_infrastructure_is_seen_in_review(package: Path) -> None:
    now = shown(json.loads((package / TEMPLATE).read_text()))
    difference = unified_diff(SNAPSHOT.read_text().splitlines(), now.splitlines(), "committed", "now", lineterm="", n=1)
    changed = "\n".join(difference)
    assert not changed, f"python -m tests.infra.aws.template_snapshot accepts this:\n{changed}"
