"""How busy the processors are, and with what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import psutil

from perfmon_agent.reading import Reading


class CpuProbe:
    """Shares of processor time since the last reading, in percent of all cores together."""

    def __init__(self, times: Callable[[], Any] = psutil.cpu_times) -> None:
        self._times = times
        self._last: dict[str, float] | None = None

    def read(self, now: float) -> Iterable[Reading]:
        """cpu_usage, and iowait and steal where the system knows them; nothing at the first reading."""
        current: dict[str, float] = self._times()._asdict()
        # On Linux the time of guests is in user time already.
        current = {name: value for name, value in current.items() if not name.startswith("guest")}
        last, self._last = self._last, current
        if last is None:
            return
        spent = {name: max(0.0, value - last.get(name, value)) for name, value in current.items()}
        total = sum(spent.values())
        if total <= 0:
            return
        idle = spent.get("idle", 0.0) + spent.get("iowait", 0.0)
        yield Reading("cpu_usage", round(100 * (total - idle) / total, 2), "percent")
        for name in ("iowait", "steal"):
            if name in spent:
                yield Reading(f"cpu_{name}", round(100 * spent[name] / total, 2), "percent")
