"""The real package, deployed by CloudFormation on an AWS emulator: a sample goes in over HTTP and comes out again."""

from __future__ import annotations

import gzip
import json
import uuid
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from botocore.exceptions import ClientError

from chalicelib.sealing import new_keys
from infra.aws.package import PACKAGE, TEMPLATE, digest
from infra.local.function_events import scheduled_event
from tests.infra.aws.conftest import Stores
from tests.infra.aws.deployment import Deployment, wait_until
from tests.notifications.receiver import Receiver, receiver

pytestmark = pytest.mark.xdist_group("deploy")  # one package, one emulator
SAYS_ITS_VERSION = """

@app.middleware("http")
def say_version(event, get_response):
    response = get_response(event)
    response.headers["X-Version"] = "{version}"
    return response
"""


@pytest.fixture(scope="module")
def stack(endpoint: str, emulated: Path, stores: Stores) -> Iterator[Deployment]:
    """The package deployed on empty stores."""
    deployed = new_deployment(endpoint, stores)
    deployed.create(emulated)
    yield deployed
    deployed.delete()


def new_deployment(endpoint: str, stores: Stores) -> Deployment:
    """A deployment of a name that nobody has; its mail identity is its own too, since it goes with its stack."""
    public, private = new_keys()
    name = f"perfmon-{uuid.uuid4().hex[:8]}"
    parameters = {
        "NotifierPublicKey": public,
        "NotifierPrivateKey": private,
        "AdminEmail": f"{name}@example.org",
        "DatabaseUrl": stores.database_url,
        "RedisUrl": stores.redis_url,
    }
    return Deployment(endpoint, name, parameters)


def next_version(package: Path, out: Path, *, version: str, migration: str) -> Path:
    """A copy of the package whose API says its version in each answer, with one more migration."""
    out.mkdir()
    with (
        zipfile.ZipFile(package / PACKAGE) as old,
        zipfile.ZipFile(out / PACKAGE, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for name in old.namelist():
            if name.startswith("__pycache__/app."):
                continue  # the bytecode of an app.py that this one is not
            content = old.read(name)
            if name == "app.py":
                content += SAYS_ITS_VERSION.format(version=version).encode()
            new.writestr(name, content)
        new.writestr(f"chalicelib/storage/postgres/migrations/9{version:0>3}_next.sql", migration)
    template = json.loads((package / TEMPLATE).read_text())
    template["Resources"]["Migrations"]["Properties"]["Code"] = digest(out / PACKAGE)
    (out / TEMPLATE).write_text(json.dumps(template))
    return out


def rows(stores: Stores, statement: str) -> list[tuple[object, ...]]:
    """What PostgreSQL answers."""
    with psycopg.connect(stores.database_url) as connection:
        return connection.execute(statement.encode()).fetchall()


def told_by(hook: Receiver) -> list[Any]:
    """Webhooks about alerts."""
    return [got for got in hook.got if got.path == "/alerts"]


def test_a_sample_goes_in_over_http_is_drained_by_the_tick_and_comes_out(stack: Deployment, stores: Stores) -> None:
    # given a token; the deployment has migrated the database
    token = stack.invoke("MintToken", {"name": "first", "scopes": ["admin"]})["token"]

    # when a metric of this test's own is recorded
    metric = {
        "metricType": "render_time",
        "value": 250,
        "unit": "ms",
        "tags": {"endpoint": "/api/projects", "method": "GET"},
        "timestamp": "2024-01-15T10:30:00.000Z",
    }
    recorded = stack.call("POST", "/monitoring/metrics", token, json=metric)
    live = stack.call("GET", "/monitoring/metrics/realtime", token, params={"types": "render_time"})

    # then it can be read live
    assert (recorded.status_code, recorded.json()) == (202, {"accepted": 1, "rejected": 0})
    assert live.json() == {"render_time": [metric]}

    # and when the schedule orders ticks, which come back through the queue, it is in PostgreSQL
    ordered = stack.invoke("ScheduleTicks", scheduled_event("every-minute", datetime.now(UTC), "event-1"))
    assert ordered["ordered"] >= 7
    last_tick = "SELECT extract(epoch FROM last)::bigint FROM tick"
    first = rows(stores, last_tick)
    wait_until(lambda: rows(stores, last_tick) > first, lambda: "no tick came through the queue")
    assert rows(stores, "SELECT samples > 0 FROM drain") == [(True,)]
    window = {"metricType": "render_time", "from": "2024-01-15T10:00:00Z", "to": "2024-01-15T11:00:00Z", "step": "60"}
    found = stack.call("GET", "/monitoring/metrics/query", token, params=window).json()
    assert found["series"] == [{"tags": {}, "points": [[1705314600000, 250.0]]}]


def test_a_crossing_reaches_a_webhook_and_a_mailbox_is_acknowledged_and_reported(
    stack: Deployment,
) -> None:
    stack.set_environment("Notify", WEBHOOK_ALLOW_LOOPBACK="true")
    token = stack.invoke("MintToken", {"name": "admin"})["token"]

    def call(method: str, path: str, expected: int, **request: Any) -> Any:
        answer = stack.call(method, path, token, **request)
        assert answer.status_code == expected, answer.text
        return answer.json()

    def run_schedule() -> None:
        stack.invoke("ScheduleTicks", scheduled_event("every-minute", datetime.now(UTC), "event-1"))

    with receiver() as hook:
        # given a rule that tells a webhook and a mailbox
        body = {"name": "hook", "type": "webhook", "config": {"url": f"{hook.url}/alerts"}}
        channel = call("POST", "/monitoring/channels", 201, json=body)["id"]
        rule = {
            "name": "Slow",
            "metricType": "response_time",
            "condition": "greater_than",
            "threshold": 1000,
            "noData": "keep",  # however long it takes until both were told, the alert is not over before
            "recipients": ["oncall@example.org"],
            "channels": [channel],
        }
        rule_id = call("POST", "/monitoring/alerts/rules", 201, json=rule)["id"]

        # when what it watches crosses the threshold, and the schedule runs
        slow = {"metricType": "response_time", "value": 2500, "unit": "ms", "tags": {"endpoint": "/api/projects"}}
        call("POST", "/monitoring/metrics", 202, json=slow)

        def alert_of_rule() -> dict[str, Any] | None:
            active = call("GET", "/monitoring/alerts/active", 200)["alerts"]
            return next((each for each in active if each["ruleId"] == rule_id), None)

        def ledger_of(alert: dict[str, Any] | None) -> list[dict[str, Any]]:
            asked = {"alertId": (alert or {}).get("id", "")}
            found: list[dict[str, Any]] = call("GET", "/monitoring/notifications", 200, params=asked)["notifications"]
            return found

        def both_were_told() -> bool:
            if not alert_of_rule():
                call("POST", "/monitoring/metrics", 202, json=slow)
                run_schedule()
            return len(stack.mails_to("oncall@example.org")) == 1 and len(told_by(hook)) == 1

        # then both were told, once
        wait_until(both_were_told, lambda: f"{len(told_by(hook))} calls; {ledger_of(alert_of_rule())}")
        alert = alert_of_rule()
        assert alert is not None
        assert alert["id"] in json.dumps([got.body for got in told_by(hook)])
        (mail,) = stack.mails_to("oncall@example.org")
        assert (mail["Subject"], mail["Source"]) == ("Medium: Slow", f"{stack.name}@example.org")
        assert "Slow: response_time is 2500ms, above 1000ms." in mail["BodyText"]

        # and the receipts have come back into the ledger
        def states() -> list[str]:
            return [each["state"] for each in ledger_of(alert)]

        wait_until(lambda: states() == ["sent", "sent"], lambda: f"{ledger_of(alert)}")

    # and it can be acknowledged, and is in the report
    acknowledged = call("POST", f"/monitoring/alerts/{alert['id']}/acknowledge", 200)
    assert acknowledged["acknowledgedAt"]
    today = datetime.now(UTC).date().isoformat()
    days = {"period": "daily", "startDate": today, "endDate": today}
    report = call("GET", "/monitoring/reports/performance", 200, params=days)
    assert report["metrics"]["averageResponseTime"] == 2500
    assert alert["id"] in json.dumps(report["alerts"])


def test_an_agent_records_over_the_function_url_with_the_same_token(stack: Deployment) -> None:
    token = stack.invoke("MintToken", {"name": "agent", "scopes": ["ingest", "read"]})["token"]
    body = json.dumps({"metricType": "disk_usage", "value": 61.5, "unit": "percent", "tags": {"host": "a"}}).encode()

    recorded = stack.record(gzip.compress(body), token, **{"Content-Type": "application/gzip"})
    refused = stack.record(body, "wrong", **{"Content-Type": "application/json"})

    assert (recorded.status_code, recorded.json()) == (202, {"accepted": 1, "rejected": 0})
    assert refused.status_code == 401
    live = stack.call("GET", "/monitoring/metrics/realtime", token, params={"types": "disk_usage"}).json()
    assert [point["value"] for point in live["disk_usage"]] == [61.5]


def test_every_function_has_a_role_a_size_and_a_log_of_its_own(stack: Deployment, emulated: Path) -> None:
    template = json.loads((emulated / TEMPLATE).read_text())["Resources"]
    functions = stack.resources("AWS::Lambda::Function")
    deployed = {
        name: stack.lambdas.get_function(FunctionName=physical)["Configuration"] for name, physical in functions.items()
    }

    assert set(deployed) == {name for name, each in template.items() if each["Type"].endswith("::Function")}
    assert len({each["Role"] for each in deployed.values()}) == len(deployed)
    assert len({each["LoggingConfig"]["LogGroup"] for each in deployed.values()}) == len(deployed)
    for name, each in deployed.items():
        wanted = template[name]["Properties"]
        assert (each["MemorySize"], each["Timeout"]) == (wanted["MemorySize"], wanted["Timeout"])
    groups = stack.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{stack.name}/")["logGroups"]
    assert {each["retentionInDays"] for each in groups} == {30}


def test_an_update_migrates_then_brings_new_code_keeps_what_was_stored_and_can_be_undone(
    stack: Deployment, stores: Stores, emulated: Path, tmp_path: Path
) -> None:
    # given an agent that records, and what it has recorded
    before = stack.invoke("MintToken", {"name": "before", "scopes": ["admin"]})["token"]
    metric = {"metricType": "orders", "value": 1, "unit": "count", "timestamp": "2024-03-01T10:00:00.000Z"}
    window = {"metricType": "orders", "from": "2024-03-01T10:00:00Z", "to": "2024-03-01T11:00:00Z", "step": "1h"}
    window |= {"aggregation": "count"}

    def agent_is_accepted_and_its_samples_are(count: int) -> None:
        recorded = stack.record(json.dumps(metric).encode(), before, **{"Content-Type": "application/json"})
        assert recorded.status_code == 202, recorded.text
        answer = stack.call("GET", "/monitoring/metrics/query", before, params=window)
        assert [series["points"] for series in answer.json()["series"]] == [[[1709287200000, float(count)]]], (
            answer.text
        )

    agent_is_accepted_and_its_samples_are(1)

    # when version N + 1 comes, with a migration that expands the schema
    migration = "CREATE TABLE newer (id int); ALTER TABLE rules ADD COLUMN newer text"
    newer = next_version(emulated, tmp_path / "newer", version="2", migration=migration)
    stack.update(newer)

    # then everything from before is there, and the agent goes on
    listed = stack.call("GET", "/monitoring/tokens", before)
    assert listed.headers["X-Version"] == "2"
    assert "before" in {each["name"] for each in listed.json()["tokens"]}
    assert rows(stores, "SELECT count(*) FROM newer") == [(0,)]
    agent_is_accepted_and_its_samples_are(2)

    # and version N, deployed again, works on the schema of N + 1
    stack.update(emulated)
    listed = stack.call("GET", "/monitoring/tokens", before)
    assert (listed.status_code, listed.headers.get("X-Version")) == (200, None)
    agent_is_accepted_and_its_samples_are(3)
    rule = {"name": "old code", "metricType": "orders", "condition": "greater_than", "threshold": 1}
    assert stack.call("POST", "/monitoring/alerts/rules", before, json=rule).status_code == 201
    assert rows(stores, "SELECT to_regclass('newer')::text") == [("newer",)]


def test_a_failed_migration_leaves_the_old_version_running(
    stack: Deployment, stores: Stores, emulated: Path, tmp_path: Path
) -> None:
    token = stack.invoke("MintToken", {"name": "survivor", "scopes": ["admin"]})["token"]
    running = stack.call("GET", "/monitoring/tokens", token).headers.get("X-Version")
    migration = "CREATE TABLE broken (id int); SELECT no_such_function()"
    broken = next_version(emulated, tmp_path / "broken", version="3", migration=migration)

    stack.update(broken, ending="UPDATE_ROLLBACK_COMPLETE")

    answer = stack.call("GET", "/monitoring/tokens", token)
    assert answer.status_code == 200
    assert answer.headers.get("X-Version") == running
    assert rows(stores, "SELECT to_regclass('broken')") == [(None,)]
    assert any("no_such_function" in reason for reason in stack.reasons()), stack.reasons()


def test_a_deleted_stack_leaves_nothing_behind_but_what_was_stored(
    endpoint: str, stores: Stores, emulated: Path
) -> None:
    stack = new_deployment(endpoint, stores)
    stack.create(emulated)
    functions = stack.resources("AWS::Lambda::Function").values()
    queue = stack.physical("TickQueue")
    token = stack.invoke("MintToken", {"name": stack.name, "scopes": ["admin"]})["id"]

    stack.delete()

    for function in functions:
        with pytest.raises(ClientError, match="ResourceNotFound"):
            stack.lambdas.get_function(FunctionName=function)
    with pytest.raises(ClientError, match="NonExistentQueue"):
        stack.client("sqs").get_queue_attributes(QueueUrl=queue)
    assert rows(stores, f"SELECT id::text FROM tokens WHERE name = '{stack.name}'") == [(token,)]
