"""The demo's fleet: the same every time, with a story that shows."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean
from typing import Any

import pytest

from infra.demo import service as demo_service
from infra.demo.filling import INTERVAL, keep_alive
from infra.demo.fleet import DAY, DAYS, HOUR, STEP, Story
from infra.demo.service import Refused, Service
from tests.scripted_api import Answer, scripted_api

STORY = Story(1_790_000_000_000 // HOUR * HOUR)


def values(metric: str, begin: int, end: int, step: int = STEP, **tags: str) -> list[float]:
    """All values of a metric whose tags are these among others."""
    return [
        snapshot["metrics"][metric]
        for at in range(begin, end, step)
        for snapshot in STORY.snapshots(at)
        if metric in snapshot["metrics"] and tags.items() <= snapshot["tags"].items()
    ]


def test_an_instant_always_has_the_same_values() -> None:
    assert list(STORY.snapshots(STORY.begin)) == list(Story(STORY.end).snapshots(STORY.begin))
    assert list(STORY.snapshots(STORY.begin)) != list(STORY.snapshots(STORY.begin + STEP))


def test_the_story_shows() -> None:
    # a disk fills, and is nearly full at the end
    disk = values("disk_usage", STORY.begin, STORY.end, DAY, host="db-1", mount="/data")
    assert disk == sorted(disk)
    assert len(disk) == DAYS
    assert 60 < disk[0] < 62
    assert values("disk_usage", STORY.end, STORY.end + 1, host="db-1", mount="/data")[0] > 90

    # two incidents stand out among the errors
    quiet = max(values("error_rate", STORY.end - 5 * DAY, STORY.end - 5 * DAY + 2 * HOUR))
    for days in (9, 3):
        begin = STORY.end - days * DAY
        assert mean(values("error_rate", begin + 2 * STEP, begin + 8 * STEP)) > 10 * quiet

    # the second week is slow, and costs orders
    for metric, more in (("response_time", True), ("orders_placed", False)):
        first = mean(values(metric, STORY.begin, STORY.end - 7 * DAY, HOUR))
        second = mean(values(metric, STORY.end - 7 * DAY, STORY.end, HOUR))
        assert (second > 1.3 * first) if more else (second < 0.8 * first)


class Outage(Service):
    """A service that does as it is told, one word a call, and refuses for good after the last."""

    def __init__(self, *turns: str) -> None:
        self.turns: Iterator[str] = iter(turns)
        self.sent: list[int] = []

    def call(self, method: str, path: str, body: Any = None, *, patience: float = 0) -> Any:
        turn = next(self.turns, "over")
        if turn == "away":
            raise ConnectionRefusedError(111, "Connection refused")
        if turn != "here":
            raise Refused(503 if turn == "busy" else 401, turn)
        self.sent.append(body["snapshots"][0]["timestamp"])
        return {"accepted": 1}


def test_the_fleet_goes_on_when_a_service_that_was_away_is_back() -> None:
    # given a service that is away for a while, and a clock that goes on as the fleet waits
    service, said, now = Outage("here", "away", "away", "busy", "here"), list[str](), [STORY.end + 3]

    def wait(seconds: float) -> None:
        now[0] += round(seconds * 1000)

    # when the fleet sends on until it is refused for good
    with pytest.raises(Refused):
        keep_alive(service, STORY, said.append, clock=lambda: now[0], wait=wait)

    # then it went on where the clock was, and said so once each way
    assert service.sent == [STORY.end, STORY.end + 4 * INTERVAL]
    assert said == ["the service does not answer; the fleet goes on when it does", "the service is back"]


def test_the_fleet_of_a_stack_that_has_ended_ends() -> None:
    with pytest.raises(ConnectionRefusedError):
        keep_alive(Outage("away"), STORY, print, is_over=lambda: True, wait=lambda _: None)


def test_a_call_is_made_again_when_the_connection_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    # given a service that hangs up twice before it answers
    monkeypatch.setattr(demo_service, "_PAUSE_S", 0.0)
    with scripted_api(Answer(0), Answer(0), Answer(200)) as api:
        service = Service(api.url, "pm_x")

        # when it is called, then it answers
        assert service.call("GET", "/hosts")["accepted"] == 1
        assert len(api.requests) == 3

    # and one that is gone for longer than anybody waits is told of
    with pytest.raises(ConnectionError, match="does not answer"):
        service.call("GET", "/channels", patience=0)
    service.close()
