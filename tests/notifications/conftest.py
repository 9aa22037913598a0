"""The whole way of a notification in one process: real stores, moto's SQS and DynamoDB, real receivers."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from chalicelib import sealing, settings, wiring
from chalicelib.domain.alerts import Alert, ResolvedReason, State, Transition
from chalicelib.domain.episodes import Change, Episode
from chalicelib.domain.rule_form import read_rule
from chalicelib.domain.rules import Rule
from chalicelib.domain.silences import MaintenanceWindow, Silence
from chalicelib.wiring import alerting, notifications
from infra.local import resources
from infra.local.atomic import make_conditions_atomic
from infra.local.function_events import sqs_event
from infra.local.postgres import Postgres
from infra.local.sqs_queue import Queue
from infra.local.valkey import Valkey
from tests.blank import make_blank
from tests.call import Api
from tests.conftest import forget_wiring
from tests.notifications.receiver import Receiver, receiver

NOW = 1_790_000_000_000
PUBLIC, PRIVATE = sealing.new_keys()


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    """One moto server for all tests of this process."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # else a line a request
    make_conditions_atomic()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


class Cloud:
    """SQS as Lambda's event sources read it, one message at a time."""

    def __init__(self) -> None:
        self.sqs = boto3.client("sqs")
        given = settings.current()
        self.jobs = Queue(self.sqs, given.notification_queue, "notify", visibility=60)
        self.receipts = Queue(self.sqs, given.receipt_queue, "note_receipt", visibility=60)
        resources.ensure(60)
        for queue in (self.jobs, self.receipts):
            queue.ensure()

    def notify(self) -> int:
        """Have the notifier work off what is there; how many messages it took off the queue."""
        import app

        done = 0
        while messages := self.jobs.receive(1, wait=False):
            answer = app.notify(sqs_event(messages, self.jobs.arn), None)
            again = [each["itemIdentifier"] for each in answer["batchItemFailures"]]
            if again != [messages[0]["MessageId"]]:
                assert again == []
                self.jobs.delete(messages)
                done += 1
        return done

    def note_receipts(self) -> int:
        """Have all receipts written into the ledger; how many."""
        import app

        done = 0
        while messages := self.receipts.receive(10, wait=False):
            for message in messages:
                app.note_receipt(sqs_event([message], self.receipts.arn), None)
                self.receipts.delete([message])
                done += 1
        return done

    def run(self, now: int | None = None) -> None:
        """Everything from the outbox to the ledger."""
        notifications.dispatch().run(time.time_ns() // 1_000_000 if now is None else now)
        self.notify()
        self.note_receipts()


@pytest.fixture
def cloud(postgres: Postgres, valkey: Valkey, aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """The service wired to empty stores and an empty AWS."""
    import redis
    import requests

    with redis.Redis.from_url(valkey.url) as client:
        client.flushall()
    requests.post(f"{aws}/moto-api/reset", timeout=10)
    forget_wiring()
    environment = {
        "DATABASE_URL": postgres.url,
        "REDIS_URL": valkey.url,
        "AWS_ENDPOINT_URL": aws,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NOTIFIER_PUBLIC_KEY": PUBLIC,
        "NOTIFIER_PRIVATE_KEY": PRIVATE,
        "WEBHOOK_ALLOW_LOOPBACK": "true",
        "PUBLIC_URL": "https://perfmon.example/api",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    make_blank(postgres.url)
    yield Cloud()
    forget_wiring()


@pytest.fixture
def api(cloud: Cloud) -> Api:
    """The API with an admin token."""
    import app

    return Api(app.mint_token({"name": "test", "scopes": ["admin"]}, None)["token"])


@pytest.fixture
def hook() -> Iterator[Receiver]:
    """A receiver of webhooks."""
    with receiver() as state:
        yield state


def add_webhook(api: Api, url: str, name: str = "hook", **more: Any) -> str:
    """A webhook channel; its id."""
    body = {"name": name, "type": "webhook", "config": {"url": url}, **more}
    created = api.post("/monitoring/channels", body)
    assert created.status == 201, created.body
    channel_id: str = created.body["id"]
    return channel_id


def rule(**fields: Any) -> Rule:
    """A rule."""
    body = {
        "name": "High CPU",
        "metricType": "cpu_usage",
        "condition": "greater_than",
        "threshold": 90,
        "groupBy": ["host"],
        "severity": "high",
    }
    return read_rule(body | fields, rule_id="rule_1")


class Story:
    """What happens to alerts, written into the tables as the evaluation does it."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.silences: list[Silence | MaintenanceWindow] = []

    def tick(self, now: int, *changes: Change) -> None:
        """One tick: these changes, and what time makes due."""
        with wiring.database().transaction():
            alerting.alert_book().save(changes, {})
            notifications.tell().run(changes, self.silences, now)

    def fire(self, now: int, name: str = "a", host: str = "web-1") -> Episode:
        """An alert fires."""
        change = self._firing(now, name, host)
        self.tick(now, change)
        return change.episode

    def fire_all(self, now: int, names: list[str]) -> None:
        """Alerts fire in the same tick."""
        self.tick(now, *(self._firing(now, name, f"web-{name}") for name in names))

    def _firing(self, now: int, name: str, host: str) -> Change:
        alert = Alert(f"alert_{name}", State.FIRING, now - 60_000, now)
        episode = Episode(
            alert=alert,
            rule_id=self.rule.id,
            rule_name=self.rule.name,
            metric_types=self.rule.metric_types,
            severity=self.rule.severity,
            tags={"host": host},
            value=97.5,
            threshold=90.0,
            message=f"High CPU on host={host}: cpu_usage is 97.5%, above 90%",
            unit="percent",
        )
        moved = Transition(now, alert.id, State.PENDING, State.FIRING)
        return Change(State.PENDING, episode, self.rule, transitions=(moved,))

    def resolve(self, now: int, episode: Episode) -> Episode:
        """It recovers."""
        alert = replace(episode.alert, state=State.RESOLVED, resolved_at=now, resolved_reason=ResolvedReason.RECOVERED)
        after = replace(episode, alert=alert, version=episode.version + 1)
        moved = Transition(now, alert.id, State.FIRING, State.RESOLVED, ResolvedReason.RECOVERED)
        self.tick(now, Change(State.FIRING, after, self.rule, transitions=(moved,)))
        return after


def keep_rule(wanted: Rule) -> Rule:
    """A rule that is in the database too."""
    from chalicelib.domain.rule_records import RuleRecord

    alerting.rule_book().add(RuleRecord(wanted, 1, NOW, NOW))
    return wanted
