"""Load, uptime, the number of processes and of open files."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil

from perfmon_agent.reading import Reading

# What Linux says when there is no bound.
_UNBOUNDED = 1 << 53


class SystemProbe:
    """The machine as a whole."""

    def __init__(self, file_handles: Path = Path("/proc/sys/fs/file-nr")) -> None:
        self._file_handles = file_handles

    def read(self, now: float) -> Iterable[Reading]:
        """system_load is the load of one minute divided by the cores: 1 means that all of them are taken."""
        if hasattr(os, "getloadavg"):
            one, five, fifteen = os.getloadavg()
            yield Reading("load_1m", round(one, 2), "load")
            yield Reading("load_5m", round(five, 2), "load")
            yield Reading("load_15m", round(fifteen, 2), "load")
            yield Reading("system_load", round(one / (os.cpu_count() or 1), 3), "load")
        yield Reading("uptime", round(time.time() - psutil.boot_time()), "s")
        yield Reading("process_count", len(psutil.pids()), "count")
        if self._file_handles.exists():
            yield from self._handles()

    def _handles(self) -> Iterator[Reading]:
        allocated, unused, most = map(int, self._file_handles.read_text().split())
        yield Reading("file_handles", allocated - unused, "count")
        if most < _UNBOUNDED:
            yield Reading("file_handles_usage", round(100 * (allocated - unused) / most, 2), "percent")
