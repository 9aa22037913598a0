"""Load, uptime and the number of processes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

import psutil

from perfmon_agent.reading import Reading


class SystemProbe:
    """The machine as a whole."""

    def read(self, now: float) -> Iterable[Reading]:
        """system_load is the load of one minute divided by the cores: 1 means that all of them are taken."""
        if hasattr(os, "getloadavg"):
            load = os.getloadavg()[0]
            yield Reading("load_1m", round(load, 2), "load")
            yield Reading("system_load", round(load / (os.cpu_count() or 1), 3), "load")
        yield Reading("uptime", round(time.time() - psutil.boot_time()), "s")
        yield Reading("process_count", len(psutil.pids()), "count")
