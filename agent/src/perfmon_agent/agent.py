"""The agent's loop: read on every multiple of the interval, send a moment later, keep what could not be sent.

Samples are stamped with the multiple itself, so all hosts of a fleet share their times (which costs a tenth of the
storage); each host sends at its own moment within the next second, so that a fleet does not arrive at once.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Iterable, Sequence

import psutil

from perfmon_agent.backoff import Backoff
from perfmon_agent.buffer import Buffer
from perfmon_agent.reading import Probe, Reading, snapshots
from perfmon_agent.sender import Sender

BATCH_SAMPLES = 5000
SPREAD_SECONDS = 1.0
LAST_CHANCE_SECONDS = 3.0
_log = logging.getLogger(__name__)


class Agent:
    """Reads, buffers, sends."""

    def __init__(self, probes: Sequence[Probe], sender: Sender, buffer: Buffer, host: str, interval: int) -> None:
        self._probes = probes
        self._sender = sender
        self._buffer = buffer
        self._host = host
        self._interval = interval
        self._backoff = Backoff()
        self._not_before = 0.0
        self._batch = BATCH_SAMPLES
        self._broken: set[str] = set()
        self._self = psutil.Process()
        self._self.cpu_percent()
        # Our own moment, the same every time: jitter between hosts, not between our own requests.
        self._offset = random.uniform(0, min(SPREAD_SECONDS, interval / 2))  # noqa: S311 -- jitter

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop`; then send what waits, as far as that goes in three seconds. Raises Refused."""
        self.collect()  # the first reading gives rates their beginning; what it finds is not sent
        while not stop.is_set():
            due = (int(time.time()) // self._interval + 1) * self._interval
            if stop.wait(max(0.0, due - time.time())):
                break
            self._buffer.add(snapshots(self.collect(), self._host, due * 1000))
            if stop.wait(self._offset):
                break
            self.flush(time.monotonic() + self._interval / 2)
        self._not_before = 0.0
        self.flush(time.monotonic() + LAST_CHANCE_SECONDS)

    def collect(self) -> list[Reading]:
        """What every probe reads now; one that fails is told of once and left out."""
        readings: list[Reading] = []
        now = time.monotonic()
        for probe in self._probes:
            name = type(probe).__name__
            try:
                readings += probe.read(now)
            except Exception as error:  # noqa: BLE001 -- a broken probe must not silence the others
                if name not in self._broken:
                    self._broken.add(name)
                    _log.warning("%s does not work here and is left out: %s", name, error)
        return [*readings, *self._about_itself()]

    def flush(self, until: float) -> None:
        """Send the oldest batches until none waits, the API wants to be left alone, or it is `until` (monotonic)."""
        while time.monotonic() < until and time.monotonic() >= self._not_before:
            batch = self._buffer.oldest(self._batch)
            if not batch:
                return
            outcome = self._sender.send(batch)
            if outcome.done:
                self._buffer.sent(batch)
                self._backoff.success()
            elif outcome.too_large and len(batch) > 1:
                self._batch = max(1, self._batch // 2)
            elif outcome.too_large:
                _log.error("one snapshot alone is too large for the API; it is left out")
                self._buffer.sent(batch)
            else:
                self._not_before = time.monotonic() + self._backoff.failure(outcome.wait)

    def _about_itself(self) -> Iterable[Reading]:
        yield Reading("agent_cpu_usage", round(self._self.cpu_percent(), 2), "percent")
        yield Reading("agent_memory", self._self.memory_info().rss, "B")
        yield Reading("agent_samples_waiting", self._buffer.samples, "count")
        yield Reading("agent_samples_dropped_total", self._buffer.dropped, "count")
        yield Reading("agent_samples_rejected_total", self._sender.rejected, "count")
        yield Reading("agent_send_errors_total", self._sender.errors, "count")
