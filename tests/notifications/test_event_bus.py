"""The event bus hears what the feed tells, in order, none skipped, from when there is a bus."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from chalicelib import settings, wiring
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.occurrences import Occurrence
from chalicelib.services.announce import Publish
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.event_bus import PostgresHandedOver
from chalicelib.storage.postgres.events import publish_all
from chalicelib.wiring import notifications, notifying, ticking
from infra.local.function_events import sqs_event
from infra.local.sqs_queue import Queue
from tests.conftest import forget_wiring
from tests.notifications.conftest import NOW, Cloud

BUS = "alerts-of-ours"


@dataclass
class Listener:
    """A program of the account that hears everything on the bus, by a queue."""

    road: Queue
    heard: Queue

    def carry(self) -> int:
        """Have the function put on the bus what waits; how many messages."""
        import app

        done = 0
        while messages := self.road.receive(1, wait=False):
            app.publish_events(sqs_event(messages, self.road.arn), None)
            self.road.delete(messages)
            done += 1
        return done

    def all(self) -> list[dict[str, Any]]:
        """What has been heard since the last time."""
        found = []
        while messages := self.heard.receive(10, wait=False):
            found += [json.loads(message["Body"]) for message in messages]
            self.heard.delete(messages)
        return found


@pytest.fixture
def listener(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """A bus, and somebody who listens."""
    monkeypatch.setenv("EVENT_BUS_NAME", BUS)
    forget_wiring()
    road = Queue(cloud.sqs, settings.current().event_queue, "publish_events", visibility=60)
    heard = Queue(cloud.sqs, "heard", "", visibility=60)
    for queue in (road, heard):
        queue.ensure()
    events = boto3.client("events")
    events.create_event_bus(Name=BUS)
    events.put_rule(Name="everything", EventBusName=BUS, EventPattern=json.dumps({"source": ["perfmon"]}))
    events.put_targets(Rule="everything", EventBusName=BUS, Targets=[{"Id": "1", "Arn": heard.arn}])
    yield Listener(road, heard)
    events.remove_targets(Rule="everything", EventBusName=BUS, Ids=["1"])
    events.delete_rule(Name="everything", EventBusName=BUS)
    events.delete_event_bus(Name=BUS)


def happen(*names: str) -> None:
    """Have alerts fire, in the feed of events."""
    with wiring.database().transaction() as connection:
        publish_all(connection, [("alertTriggered", {"id": name, "tags": {"host": "wéb"}}, NOW) for name in names])


def test_what_happens_reaches_the_bus_in_order_and_once(listener: Listener) -> None:
    happen("before there was a bus")
    assert notifications.announce().run() == 0
    names = [f"alert_{number}" for number in range(23)]
    happen(*names)

    assert notifications.announce().run() == 23
    assert notifications.announce().run() == 0
    assert listener.carry() == 3
    heard = listener.all()

    assert [each["detail"]["data"]["id"] for each in heard] == names
    numbers = [int(each["detail"]["id"]) for each in heard]
    assert numbers == sorted(set(numbers))
    first = heard[0]
    assert (first["source"], first["detail-type"]) == ("perfmon", "alertTriggered")
    assert first["detail"]["data"]["tags"] == {"host": "wéb"}
    assert first["detail"]["at"] == "2026-09-21T14:13:20.000Z"


def test_the_tick_announces(listener: Listener) -> None:
    ticking.run(NOW, lambda: NOW)
    happen("alert_a")
    ticking.run(NOW + 10_000, lambda: NOW + 10_000)
    listener.carry()
    assert [each["detail"]["data"]["id"] for each in listener.all()] == ["alert_a"]


def test_a_queue_that_is_gone_loses_nothing_and_is_no_failure_of_the_tick(
    listener: Listener, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    notifications.announce().run()
    happen("alert_a")
    cloud.sqs.delete_queue(QueueUrl=cloud.sqs.get_queue_url(QueueName=settings.current().event_queue)["QueueUrl"])
    with pytest.raises(Unavailable, match="queue of events"):
        notifications.announce().run()
    ticking.run(NOW, lambda: NOW)
    assert "events were not announced" in caplog.text

    listener.road.ensure()
    forget_wiring()
    assert notifications.announce().run() == 1


def test_while_one_hands_over_another_keeps_out_of_it(listener: Listener) -> None:
    notifications.announce().run()
    happen("alert_a")
    other = Database(settings.current().database_url)
    with other.transaction():
        assert PostgresHandedOver(other).hold()
        assert notifications.announce().run() == 0
    other.close()
    assert notifications.announce().run() == 1


class Moody:
    """A bus that refuses every second event, so many times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.taken: list[int] = []

    def put(self, events: Sequence[Occurrence]) -> list[Occurrence]:
        refused = list(events[1::2]) if self.times else []
        self.times -= bool(self.times)
        self.taken += [event.number for event in events if event not in refused]
        return refused


EVENTS = [Occurrence(number, "alertTriggered", NOW, {}) for number in range(1, 6)]


def test_what_the_bus_refuses_is_put_again_alone() -> None:
    bus = Moody(1)
    Publish(bus).run(EVENTS)
    assert bus.taken == [1, 3, 5, 2, 4]


def test_what_it_refuses_twice_stays_in_the_queue() -> None:
    with pytest.raises(Unavailable, match="1 of 5 events"):
        Publish(Moody(2)).run(EVENTS)


def test_a_bus_that_does_not_exist_is_an_error_that_names_what_happened(cloud: Cloud) -> None:
    with pytest.raises(Unavailable, match="EventBridge did not take the events"):
        notifying.publish().run(EVENTS)
