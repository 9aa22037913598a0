"""Does telling work at all? The canary, the heartbeat, and the operator's road that needs no database."""

from __future__ import annotations

import email
import email.policy
import time
from pathlib import Path

import pytest

from chalicelib import settings
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ledger import LedgerFilter
from chalicelib.wiring import notifications, notifying, ticking
from infra.local.postgres import Postgres
from tests.call import Api
from tests.notifications.conftest import Cloud
from tests.notifications.receiver import Receiver
from tests.notifications.test_journey import post_office

HOUR = 3_600_000


def now_ms() -> int:
    """The clock."""
    return time.time_ns() // 1_000_000


def mails(directory: Path) -> list[str]:
    """The subjects of what arrived."""
    found = [
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        for file in sorted((directory / "mail").glob("*.eml"))
    ]
    return [mail["Subject"] for mail in found]


def test_the_canary_goes_all_the_way_to_nobody_and_its_time_is_a_metric(
    api: Api, cloud: Cloud, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTBEAT_URL", f"{hook.url}/ping/s3cret")
    settings.current.cache_clear()
    now = now_ms()
    assert notifications.watchdog().run(now)
    cloud.run()
    assert notifications.watchdog().run(now + HOUR)

    first = notifications.ledger().page(LedgerFilter(channel_id="canary"), None, 10)[-1]
    assert str(first.state) == "sent"
    assert [got.path for got in hook.got] == ["/ping/s3cret"]
    live = api.get("/monitoring/metrics/realtime", types="notification_delivery").body["notification_delivery"]
    assert [(point["unit"], point["tags"]) for point in live] == [("ms", {"channel": "canary"})]
    assert live[0]["value"] == first.sent_at - first.entry.at  # type: ignore[operator] # it was sent


def test_a_canary_that_does_not_arrive_is_told_to_the_operator(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERT_DEFAULT_RECIPIENTS", "boss@example.com")
    with post_office(tmp_path, monkeypatch):
        now = now_ms()
        notifications.watchdog().run(now)
        cloud.sqs.purge_queue(QueueUrl=cloud.sqs.get_queue_url(QueueName=cloud.jobs.name)["QueueUrl"])
        assert not notifications.watchdog().run(now + HOUR)
        cloud.notify()
        (subject,) = mails(tmp_path)
    assert "Notifications do not arrive: the canary of" in subject


def test_a_database_that_is_down_is_told_once_in_a_quarter_of_an_hour(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: Postgres
) -> None:
    monkeypatch.setenv("OPERATOR_RECIPIENTS", "oncall@example.com")
    with post_office(tmp_path, monkeypatch):
        instant = now_ms() // 900_000 * 900_000
        postgres.stop()
        try:
            for second in range(0, 30, 10):
                with pytest.raises(Unavailable):
                    ticking.run(instant + second * 1000, lambda: instant)
            cloud.notify()
        finally:
            postgres.start()
        assert mails(tmp_path) == [
            "The Performance Monitoring Service cannot reach PostgreSQL: rules are not judged, nobody is told."
        ]


def test_an_operators_topic_is_told_instead_of_anybody(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    arn = boto3.client("sns").create_topic(Name="operator")["TopicArn"]
    queue = cloud.sqs.create_queue(QueueName="inbox")["QueueUrl"]
    boto3.client("sns").subscribe(TopicArn=arn, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:inbox")
    monkeypatch.setenv("OPERATOR_TOPIC", arn)
    settings.current.cache_clear()
    notifying.deliver.cache_clear()
    notifications.operator().service_down(now_ms())
    cloud.notify()
    (message,) = cloud.sqs.receive_message(QueueUrl=queue)["Messages"]
    assert "cannot reach PostgreSQL" in message["Body"]


def test_a_fault_in_a_step_of_the_tick_is_raised_after_what_is_to_be_told_went_its_way(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[int] = []
    monkeypatch.setattr(ticking.tick(), "_agents", Faulty())
    monkeypatch.setattr(notifications.dispatch(), "run", queued.append)
    instant = now_ms() // 60_000 * 60_000
    with pytest.raises(ExceptionGroup, match="steps of the tick failed") as raised:
        ticking.run(instant, now_ms)
    assert [type(each) for each in raised.value.exceptions] == [ZeroDivisionError]
    assert queued


class Faulty:
    """A step with a fault of ours."""

    def run(self) -> None:
        """Fail."""
        raise ZeroDivisionError
