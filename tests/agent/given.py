"""What the agent's tests begin with."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from perfmon_agent.agent import Agent
from perfmon_agent.backoff import Backoff
from perfmon_agent.buffer import Buffer
from perfmon_agent.delivery import Delivery
from perfmon_agent.reading import Probe, Reading
from perfmon_agent.readings import Readings
from perfmon_agent.request import Request
from perfmon_agent.sender import Outcome, Sender
from perfmon_agent.spool import Spool

FOREVER = 1e9


class OneReading:
    """A probe that always reads the same."""

    def read(self, now: float) -> Iterable[Reading]:
        yield Reading("cpu_usage", 12.5, "percent")


def snapshot(number: int, **tags: str) -> dict[str, Any]:
    """One sample, told apart by its time."""
    return {
        "tags": {"host": "a", **tags},
        "timestamp": number,
        "metrics": {"cpu_usage": 1.0},
        "units": {"cpu_usage": "percent"},
    }


class Clock:
    """Stands still until somebody moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Api:
    """Takes requests as the service does: once for each key; and fails as it is told to."""

    def __init__(self) -> None:
        self.away = False
        self.loses_answers = False
        self.asks_for: float | None = None
        self.taken: dict[str, bytes] = {}
        self.samples: list[int] = []
        self.attempts = 0

    def send(self, request: Request) -> Outcome:
        """Take a request, or not."""
        self.attempts += 1
        if self.away:
            return Outcome(done=False, wait=self.asks_for)
        if request.key not in self.taken:
            self.taken[request.key] = request.body
            self.samples += times(request)
        assert self.taken[request.key] == request.body, "the same key came with another body"
        return Outcome(done=not self.loses_answers)


def times(request: Request) -> list[int]:
    """The times of a request's snapshots."""
    return [each["timestamp"] for each in json.loads(request.body)["snapshots"]]


def delivery(api: Api, buffer: Buffer, spool: Spool | None, clock: Clock) -> Delivery:
    """A delivery whose waiting has no jitter."""
    return Delivery(api.send, buffer, spool, Backoff(uniform=lambda low, high: high), clock)


def agent(url: str, *probes: Probe, interval: int = 1) -> Agent:
    """An agent that sends to a scripted API."""
    buffer = Buffer(1000)
    sending = Delivery(Sender(url, "pm_x", "test").send, buffer)
    return Agent(Readings(probes or [OneReading()]), {"host": "a"}, buffer, sending, interval)
