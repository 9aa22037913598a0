"""The real package, deployed by CloudFormation on an AWS emulator: a sample goes in over HTTP and comes out again."""

from __future__ import annotations

import gzip
import json
import uuid
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

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


@pytest.fixture
def hook() -> Iterator[Receiver]:
    """Somebody's webhook on this machine."""
    with receiver() as state:
        yield state


@pytest.fixture(scope="module")
def stack(endpoint: str, emulated: Path, stores: Stores) -> Iterator[Deployment]:
    """The package deployed on empty stores."""
    deployed = new_deployment(endpoint, stores)
    deployed.create(emulated)
    yield deployed
    deployed.delete()


def new_deployment(endpoint: str, stores: Stores) -> Deployment:
    """A deployment of a name that nobody has."""
    public, private = new_keys()
    parameters = {
        "NotifierPublicKey": public,
        "NotifierPrivateKey": private,
        "AdminEmail": "admin@example.org",
        "DatabaseUrl": stores.database_url,
        "RedisUrl": stores.redis_url,
    }
    return Deployment(endpoint, f"perfmon-{uuid.uuid4().hex[:8]}", parameters)


def next_version(package: Path, out: Path, *, version: str, migration: str) -> Path:
    """A copy of the package whose API says its version in each answer, with one more migration."""
    out.mkdir()
    with zipfile.ZipFile(package / PACKAGE) as old, zipfile.ZipFile(out / PACKAGE, "w", zipfile.ZIP_DEFLATED) as new:
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


def test_a_sample_goes_in_over_http_is_drained_by_the_tick_and_comes_out(stack: Deployment, stores: Stores) -> None:
    # given a token; the deployment has migrated the database
    token = stack.invoke("MintToken", {"name": "first", "scopes": ["admin"]})["token"]

    # when the specification's metric is recorded
    metric = {
        "metricType": "response_time",
        "value": 250,
        "unit": "ms",
        "tags": {"endpoint": "/api/projects", "method": "GET"},
        "timestamp": "2024-01-15T10:30:00.000Z",
    }
    recorded = stack.call("POST", "/monitoring/metrics", token, json=metric)
    live = stack.call("GET", "/monitoring/metrics/realtime", token, params={"types": "response_time"})

    # then it can be read live
    assert (recorded.status_code, recorded.json()) == (202, {"accepted": 1, "rejected": 0})
    assert live.json() == {"response_time": [metric]}

    # and when the schedule orders ticks, which come back through the queue, it is in PostgreSQL
    ordered = stack.invoke("ScheduleTicks", scheduled_event("every-minute", datetime.now(UTC), "event-1"))
    assert ordered["ordered"] >= 7
    last_tick = "SELECT extract(epoch FROM last)::bigint FROM tick"
    first = rows(stores, last_tick)
    wait_until(lambda: rows(stores, last_tick) > first, lambda: "no tick came through the queue")
    assert rows(stores, "SELECT samples > 0 FROM drain") == [(True,)]
    window = {"metricType": "response_time", "from": "2024-01-15T10:00:00Z", "to": "2024-01-15T11:00:00Z", "step": "60"}
    found = stack.call("GET", "/monitoring/metrics/query", token, params=window).json()
    assert found["series"] == [{"tags": {}, "points": [[1705314600000, 250.0]]}]


def test_an_alert_fires_reaches_a_webhook_and_a_mailbox_is_acknowledged_and_reported(
    stack: Deployment, hook: Receiver
) -> None:
    # given a notifier that may call this machine, a channel here, and a rule that tells it and an address
    stack.set_environment("Notify", WEBHOOK_ALLOW_LOOPBACK="true")
    token = stack.invoke("MintToken", {"name": "alerts", "scopes": ["admin"]})["token"]
    channel = {"name": "here", "type": "webhook", "config": {"url": f"{hook.url}/hook"}}
    channel_id = stack.call("POST", "/monitoring/channels", token, json=channel).json()["id"]
    rule = {
        "name": "queue too long",
        "metricType": "queue_length",
        "condition": "greater_than",
        "threshold": 10,
        "aggregation": "last",
        "recipients": ["ann@example.org", channel_id],
    }
    created = stack.call("POST", "/monitoring/alerts/rules", token, json=rule)
    assert created.status_code == 201, created.text

    # when its metric crosses the threshold, and the schedule ticks as it does every minute
    snapshot = {"tags": {"queue": "mail"}, "metrics": {"queue_length": 40}}
    assert stack.call("POST", "/monitoring/metrics", token, json={"snapshots": [snapshot]}).status_code == 202
    stack.invoke("ScheduleTicks", scheduled_event("every-minute", datetime.now(UTC), "event-2"))

    # then the alert fires, and SQS takes the news to the notifier: the webhook is called and the mail is with SES
    def active() -> list[dict[str, object]]:
        found = stack.call("GET", "/monitoring/alerts/active", token).json()["alerts"]
        return [alert for alert in found if alert["ruleName"] == "queue too long"]

    wait_until(lambda: [alert["state"] for alert in active()] == ["firing"], lambda: f"it does not fire: {active()}")
    wait_until(lambda: bool(hook.got), lambda: "the webhook was not called")
    assert hook.got[0].body["text"].startswith("queue too long: queue_length is 40, above 10")
    wait_until(lambda: "queue too long" in str(stack.mails()), lambda: f"no mail: {stack.mails()}")
    assert "ann@example.org" in str(stack.mails())

    # and the receipts come back into the ledger
    (alert,) = active()

    def told() -> list[str]:
        shown = stack.call("GET", "/monitoring/notifications", token, params={"alertId": str(alert["id"])}).json()
        return [each["state"] for each in shown["notifications"]]

    wait_until(lambda: told() == ["sent", "sent"], lambda: f"the ledger says {told()}")

    # and it can be acknowledged, and is part of a report
    seen = stack.call("POST", f"/monitoring/alerts/{alert['id']}/acknowledge", token, json={"comment": "on it"})
    assert (seen.status_code, seen.json()["acknowledgedBy"]) == (200, "alerts")
    report = stack.call("GET", "/monitoring/reports/performance", token, params={"period": "hourly"})
    assert report.status_code == 200, report.text
    assert {"metrics", "trends", "alerts", "recommendations"} <= set(report.json())


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
