"""Clients that send until each request is accepted, and remember what was."""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import requests

from infra.storm.service import Service

EVENTS = "storm_events"
LEVELS = "storm_level"
QUEUE = "storm_queue"
AGENT = "storm-agent"  # the host that the agent tells of
ABOVE = 40  # of a threshold of 10
BATCH = 10
PAUSE = 0.05
_RETRY = 0.3


class Load:
    """Events, which must count once each; levels, one an instant; crossings, each of which somebody must hear of."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self.began = self.ended = int(time.time() * 1000)
        self.events = 0  # accepted
        self.total = 0  # of their values
        self.levels: set[int] = set()  # epoch ms
        self.crossings: set[str] = set()  # hosts
        self.refused = 0
        workers: list[Callable[[], None]] = [self._send_events] * 3 + [self._send_levels, self._send_crossings]
        self._threads = [threading.Thread(target=work) for work in workers]

    def begin(self) -> None:
        """Send from now on."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Send nothing new, and wait until what was begun is accepted."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self.ended = int(time.time() * 1000)

    def _send_events(self) -> None:
        with self._service.client() as session:
            for number in itertools.count(1):
                if self._stopping.wait(PAUSE):
                    return
                values = [number % 7 + place for place in range(BATCH)]
                # Clients' clocks jump: some samples are of an hour ago, some of five minutes ahead.
                jump = {3: -3_600_000, 5: 300_000}.get(number % 50, 0)
                at = int(time.time() * 1000) + jump
                body = {"metrics": [{"metricType": EVENTS, "value": each, "timestamp": at} for each in values]}
                self._until_accepted(session, body)
                with self._lock:
                    self.events += len(values)
                    self.total += sum(values)

    def _send_levels(self) -> None:
        with self._service.client() as session:
            while not self._stopping.wait(4 * PAUSE):
                at = int(time.time() * 1000)
                snapshot = {"tags": {"host": "storm"}, "timestamp": at, "metrics": {LEVELS: at % 1000}}
                self._until_accepted(session, {"snapshots": [snapshot]})
                self._until_accepted(session, {"snapshots": [snapshot]})  # again: it must not count twice
                self.levels.add(at)

    def _send_crossings(self) -> None:
        with self._service.client() as session:
            for number in itertools.count(1):
                if self._stopping.wait(1.0):
                    return
                host = f"host-{number}"
                self._until_accepted(session, {"snapshots": [{"tags": {"host": host}, "metrics": {QUEUE: ABOVE}}]})
                self.crossings.add(host)

    def _until_accepted(self, session: requests.Session, body: dict[str, Any]) -> None:
        key = {"Idempotency-Key": uuid.uuid4().hex}
        url = f"{self._service.wire.address}/api/monitoring/metrics"
        while True:
            try:
                answer = session.post(url, json=body, headers=key, timeout=20)
            except requests.RequestException:
                pass
            else:
                if answer.status_code == 202:
                    return
                if answer.status_code not in (408, 429, 500, 502, 503, 504):
                    raise SystemExit(f"A good request was refused for good: {answer.status_code} {answer.text}")
            with self._lock:
                self.refused += 1
            time.sleep(_RETRY)
