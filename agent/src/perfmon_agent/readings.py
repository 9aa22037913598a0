"""What all probes read, on every multiple of the interval."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from perfmon_agent.once import Once
from perfmon_agent.reading import Probe, Reading

_log = logging.getLogger(__name__)


class Readings:
    """The probes of one host, and what the agent says `about` itself; `wall` is the clock on the wall, in seconds."""

    def __init__(
        self,
        probes: Sequence[Probe],
        about: Callable[[], Iterable[Reading]] = tuple,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._probes = probes
        self._about = about
        self._wall = wall
        self._once = Once(_log)

    def every(self, interval: int, stop: threading.Event) -> Iterator[tuple[int, list[Reading]]]:
        """What is read on every multiple of `interval` seconds, with that instant in milliseconds, until `stop`."""
        self.collect()  # the first reading gives rates their beginning; what it finds is not sent
        while not stop.is_set():
            due = (int(self._wall()) // interval + 1) * interval
            if stop.wait(max(0.0, due - self._wall())):
                return
            now = self._wall()
            if now < due:  # the clock was set back: the multiple before this one has been told of already
                continue
            if now >= due + interval:  # the machine slept, or its clock was set forward
                due = int(now) // interval * interval
            yield due * 1000, self.collect()

    def collect(self) -> list[Reading]:
        """What every probe reads now; one that fails is told of once and left out, and so is what is no number."""
        readings: list[Reading] = []
        now = time.monotonic()
        for probe in self._probes:
            name = type(probe).__name__
            try:
                readings += probe.read(now)
            except Exception as error:  # noqa: BLE001 -- a broken probe must not silence the others
                self._once.warn(name, "%s does not work here and is left out: %s", name, error)
        readings += self._about()
        return [reading for reading in readings if math.isfinite(reading.value)]
