"""How busy the processors are, and with what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import psutil

from perfmon_agent.reading import Reading


class CpuProbe:
    """Shares of processor time since the last reading, in percent of all cores together, and of each core."""

    def __init__(
        self,
        times: Callable[[], Any] = psutil.cpu_times,
        cores: Callable[[], Sequence[Any]] | None = None,
    ) -> None:
        """`cores` = the times of every core; without it there are none."""
        self._times = times
        self._cores = cores
        self._last: dict[str, dict[str, float]] = {}

    def read(self, now: float) -> Iterable[Reading]:
        """cpu_usage, and iowait and steal where the system knows them; nothing at the first reading."""
        if shares := self._shares("all", self._times()):
            yield Reading("cpu_usage", shares["usage"], "percent")
            for name in ("iowait", "steal"):
                if name in shares:
                    yield Reading(f"cpu_{name}", shares[name], "percent")
        yield from self._each_core()

    def _each_core(self) -> Iterator[Reading]:
        for number, times in enumerate(self._cores() if self._cores else ()):
            if shares := self._shares(str(number), times):
                yield Reading("cpu_core_usage", shares["usage"], "percent", {"core": str(number)})

    def _shares(self, processor: str, times: Any) -> dict[str, float]:
        """The percentages since the last time, `usage` among them; empty if there was none."""
        # On Linux the time of guests is in user time already.
        current = {name: value for name, value in times._asdict().items() if not name.startswith("guest")}
        last = self._last.get(processor)
        self._last[processor] = current
        if last is None:
            return {}
        spent = {name: max(0.0, value - last.get(name, value)) for name, value in current.items()}
        total = sum(spent.values())
        if total <= 0:
            return {}
        shares = {name: round(100 * each / total, 2) for name, each in spent.items()}
        idle = spent.get("idle", 0.0) + spent.get("iowait", 0.0)
        return {**shares, "usage": round(100 * (total - idle) / total, 2)}
