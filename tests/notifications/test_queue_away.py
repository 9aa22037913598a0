"""The notifier's queue is away: what was written down waits, no request fails for it, and nothing goes twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError

from chalicelib.aws import patience
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.jobs import Job, Notice, Target
from chalicelib.queues import BATCH, SqsJobQueue
from chalicelib.wiring import notifications, ticking
from tests.call import Api
from tests.notifications.conftest import Cloud, add_webhook
from tests.notifications.receiver import Receiver


@pytest.fixture
def away(cloud: Cloud) -> Iterator[pytest.MonkeyPatch]:
    """Only dispatch's way to SQS is cut, until it is undone."""
    nowhere = boto3.client("sqs", endpoint_url="http://127.0.0.1:1", config=patience())
    with pytest.MonkeyPatch.context() as cut:
        cut.setattr(notifications.dispatch()._queue, "_client", nowhere)
        yield cut


def test_a_message_that_cannot_be_handed_over_is_accepted_and_goes_once_the_queue_is_back(
    api: Api, cloud: Cloud, hook: Receiver, away: pytest.MonkeyPatch
) -> None:
    channel = add_webhook(api, hook.url)
    answered = api.post(f"/monitoring/channels/{channel}/test")
    assert answered.status == 202, answered.body
    with pytest.raises(Unavailable, match="queue of notifications"):
        notifications.dispatch().run(time.time_ns() // 1_000_000)
    away.undo()
    cloud.run()
    cloud.run()
    assert len(hook.got) == 1


def test_the_operator_is_not_told_that_the_database_is_away_when_the_queue_is(
    api: Api, cloud: Cloud, hook: Receiver, away: pytest.MonkeyPatch
) -> None:
    channel = add_webhook(api, hook.url)
    notifications.channels().test(channel, now=time.time_ns() // 1_000_000)
    with pytest.raises(Unavailable, match="queue of notifications"):
        ticking.run(time.time_ns() // 10_000_000_000 * 10_000, lambda: time.time_ns() // 1_000_000)
    assert cloud.notify() == 0


class GoesAway:
    """A client of SQS that takes so many calls and no more."""

    def __init__(self, calls: int) -> None:
        self._left = calls

    def get_queue_url(self, **_: Any) -> dict[str, Any]:
        """The queue's address."""
        return {"QueueUrl": "https://sqs.example/1/jobs"}

    def send_message_batch(self, **_: Any) -> dict[str, Any]:
        """Takes all of them."""
        if not self._left:
            raise ConnectTimeoutError(endpoint_url="https://sqs.example")
        self._left -= 1
        return {}


@pytest.mark.parametrize("calls", [1, 2, 3])
def test_what_was_taken_before_the_queue_went_away_counts(calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    target, notice = Target("chn", "webhook", {}, {}), Notice(at=1, reason="test")
    jobs = [("line", Job(f"ntf_{number}", number, 0, target, notice)) for number in range(3 * BATCH)]
    queue = SqsJobQueue("jobs")
    monkeypatch.setitem(queue.__dict__, "_client", GoesAway(calls))
    assert queue.send(jobs) == calls * BATCH
