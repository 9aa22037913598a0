"""The agent's loop: read on every multiple of the interval, send a moment later, keep what could not be sent.

Samples are stamped with the multiple itself, so all hosts of a fleet share their times (which costs a tenth of the
storage); each host sends at its own moment within the next second, so that a fleet does not arrive at once. Sending has
a thread of its own: an API that does not answer costs no reading.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Mapping

from perfmon_agent.buffer import Buffer
from perfmon_agent.delivery import Delivery
from perfmon_agent.reading import snapshots
from perfmon_agent.readings import Readings

SPREAD_SECONDS = 1.0
LAST_CHANCE_SECONDS = 3.0
STOP_SECONDS = 30.0
_log = logging.getLogger(__name__)


class Agent:
    """Reads, buffers, sends. `tags` come with every figure."""

    def __init__(
        self, readings: Readings, tags: Mapping[str, str], buffer: Buffer, delivery: Delivery, interval: int
    ) -> None:
        self._readings = readings
        self._tags = tags
        self._buffer = buffer
        self._delivery = delivery
        self._interval = interval
        self._news = threading.Event()
        self._read_all = threading.Event()
        self._failure: BaseException | None = None
        # Our own moment, the same every time: jitter between hosts, not between our own requests.
        self._offset = random.uniform(0, min(SPREAD_SECONDS, interval / 2))  # noqa: S311 -- jitter

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop`; then send what waits, as far as that goes in three seconds. Raises Refused."""
        sending = threading.Thread(target=self._send_until, args=(stop,), name="delivery", daemon=True)
        sending.start()
        try:
            for at_ms, readings in self._readings.every(self._interval, stop):
                self._buffer.add(snapshots(readings, self._tags, at_ms))
                self._news.set()
        finally:
            stop.set()
            self._read_all.set()
            self._news.set()
            sending.join(STOP_SECONDS)
        if self._failure is not None:
            raise self._failure

    def _send_until(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                self._news.wait(self._delivery.pause())
                self._news.clear()
                if stop.wait(self._offset):
                    break
                self._delivery.round(time.monotonic() + self._interval / 2)
            self._read_all.wait(STOP_SECONDS)
            self._delivery.close(time.monotonic() + LAST_CHANCE_SECONDS)
        except BaseException as error:  # noqa: BLE001 -- run raises it: without delivery there is no agent
            self._failure = error
            stop.set()
            self._read_all.wait(STOP_SECONDS)
            self._delivery.release()
