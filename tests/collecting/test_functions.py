"""The three functions as AWS calls them and wired as there: SQS emulated in this process, all else real."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from moto.backends import get_backend

import app
from chalicelib import settings
from chalicelib.sealing import new_keys
from chalicelib.wiring import collecting
from infra.local.function_events import scheduled_event, sqs_event
from infra.local.postgres import Postgres
from infra.local.valkey import Valkey
from tests.call import Api
from tests.collecting.exporter import Exporter, exporter
from tests.conftest import wired
from tests.served_api import served_api

TARGETS = "/monitoring/targets"
ARN = "arn:aws:sqs:us-east-1:123456789012:queue"


@pytest.fixture
def api(stack: None, postgres: Postgres, valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The API of a service that records at its own address, in an AWS of its own."""
    import boto3

    public, private = new_keys()
    with mock_aws(), served_api() as address:
        given = {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": valkey.url,
            "NOTIFIER_PUBLIC_KEY": public,
            "NOTIFIER_PRIVATE_KEY": private,
            "COLLECTOR_INGEST_URL": address,
            "COLLECTOR_ALLOWED_NETWORKS": "127.0.0.1/8, ::1/128",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
        with wired(monkeypatch, **given):
            sqs = boto3.client("sqs", region_name="us-east-1")
            for queue in (settings.current().pull_queue, settings.current().scrape_queue):
                sqs.create_queue(QueueName=queue)
            yield Api(app.mint_token({"name": "test", "scopes": ["admin"]}, None)["token"])


@pytest.fixture
def server() -> Iterator[Exporter]:
    """What is scraped."""
    with exporter() as state:
        yield state


def sent(queue: str) -> list[dict[str, Any]]:
    """All messages of a queue, as Lambda is handed them, also those whose time has not come."""
    backend: Any = get_backend("sqs")["123456789012"]["us-east-1"]
    messages = [
        {"MessageId": f"{number}", "ReceiptHandle": "r", "Body": each.body, "due": each.delayed_until}
        for number, each in enumerate(backend.queues[queue]._messages)
    ]
    backend.queues[queue]._messages.clear()
    return messages


def run_all() -> list[dict[str, Any]]:
    """Plan, pull what is due first, write down what became of it; the pulls."""
    app.plan_scrapes(scheduled_event("every", datetime.now(UTC), "event-1"), None)
    pulls = sent(settings.current().pull_queue)
    app.pull(sqs_event(pulls[:1], ARN), None)
    app.note_scrapes(sqs_event(sent(settings.current().scrape_queue), ARN), None)
    return pulls


def test_a_target_goes_all_the_way_round(api: Api, server: Exporter) -> None:
    server.pages["/metrics"] = b"queue_length 7\n"
    target = {"name": "queue", "type": "prometheus", "url": f"{server.url}/metrics", "interval": 10}
    path = f"{TARGETS}/{api.post(TARGETS, {**target, 'bearerToken': 's3cret'}).body['id']}"

    pulls = run_all()

    # at once, and every ten seconds of the next 75, each when its time has come; no secret is readable on the way
    assert len(pulls) in (8, 9)
    assert pulls[0]["due"] == 0
    assert {later["due"] - each["due"] > 9_000 for each, later in pairwise(pulls[1:])} == {True}
    assert "s3cret" not in str(pulls)
    ((_, headers),) = server.asked
    assert headers["authorization"] == "Bearer s3cret"
    shown = api.get(path).body
    assert (shown["state"], shown["lastScrape"]["samples"], shown["lastScrape"]["error"]) == ("up", 1, None)
    live = api.get("/monitoring/metrics/realtime", types="queue_length,up").body
    assert [live["queue_length"][0]["value"], live["up"][0]["value"]] == [7, 1]


def test_a_target_in_a_network_that_is_not_allowed_is_never_called(
    api: Api, server: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLLECTOR_ALLOWED_NETWORKS", "10.0.0.0/8")
    settings.current.cache_clear()
    target = {"name": "inside", "type": "prometheus", "url": f"{server.url}/metrics"}
    path = f"{TARGETS}/{api.post(TARGETS, target).body['id']}"

    run_all()

    shown = api.get(path).body
    assert (shown["state"], server.asked) == ("down", [])
    assert shown["lastScrape"]["error"] == "the address is refused: loopback addresses are not called"
    assert api.get("/monitoring/metrics/realtime", types="up").body["up"][0]["value"] == 0


def test_cloudwatch_goes_the_same_way(api: Api) -> None:
    import boto3

    at = datetime.now(UTC) - timedelta(minutes=2)
    data = {"MetricName": "FreeStorageSpace", "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "db-1"}]}
    boto3.client("cloudwatch", region_name="eu-central-1").put_metric_data(
        Namespace="AWS/RDS", MetricData=[{**data, "Timestamp": at, "Value": 5e9}]
    )
    query = {"namespace": "AWS/RDS", "metrics": [data["MetricName"]], "dimensions": {"DBInstanceIdentifier": "db-1"}}
    target = {"name": "db", "type": "cloudwatch", "region": "eu-central-1", "delay": 0, "queries": [query]}
    path = f"{TARGETS}/{api.post(TARGETS, target).body['id']}"

    run_all()

    shown = api.get(path).body
    assert (shown["state"], shown["lastScrape"]["samples"], shown["lastScrape"]["error"]) == ("up", 1, None)
    name = "aws_rds_free_storage_space_average"
    (found,) = api.get("/monitoring/metrics/realtime", types=name).body[name]
    assert (found["value"], found["timestamp"][:16]) == (5e9, at.isoformat()[:16])
    assert found["tags"] == {"job": "db", "instance": "eu-central-1", "dbinstance_identifier": "db-1"}


def test_the_rule_of_the_documentation_is_taken(api: Api, project: Path) -> None:
    text = (project / "docs" / "collector.md").read_text()
    (line,) = [line for line in text.splitlines() if '"Target down"' in line]

    assert api.post("/monitoring/alerts/rules", json.loads(line)).status == 201


def test_many_targets_with_much_to_send_along_fit_what_sqs_takes(api: Api) -> None:
    headers = {f"X-{number}": "x" * 900 for number in range(20)}
    made = set()
    for number in range(30):
        target = {"name": f"t{number}", "type": "prometheus", "url": "http://10.0.0.1/metrics", "interval": 10}
        made.add(api.post(TARGETS, {**target, "headers": headers}).body["id"])

    now = time.time_ns() // 1_000_000
    sent(settings.current().pull_queue)

    collecting.plan_scrapes().run(now + 60_000)

    pulls = [json.loads(each["Body"]) for each in sent(settings.current().pull_queue)]
    assert {job["id"] for each in pulls for job in each["jobs"]} == made
    assert max(len(each["jobs"]) for each in pulls) > 1
