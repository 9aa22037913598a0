"""Memory and swap."""

from __future__ import annotations

from collections.abc import Iterable

import psutil

from perfmon_agent.rates import Rates
from perfmon_agent.reading import Reading


class MemoryProbe:
    """What is taken and what is left; what the system would give back counts as left."""

    def __init__(self) -> None:
        self._rates = Rates()

    def read(self, now: float) -> Iterable[Reading]:
        """memory_usage is the share that is not available; swap only where there is some."""
        memory = psutil.virtual_memory()
        yield Reading("memory_usage", round(100 * (1 - memory.available / memory.total), 2), "percent")
        yield Reading("memory_used", memory.total - memory.available, "B")
        yield Reading("memory_available", memory.available, "B")
        swap = psutil.swap_memory()
        if not swap.total:
            return
        yield Reading("swap_usage", round(swap.percent, 2), "percent")
        yield Reading("swap_used", swap.used, "B")
        for name, count in (("swap_in", swap.sin), ("swap_out", swap.sout)):
            rate = self._rates.per_second(name, count, now)
            if rate is not None:
                yield Reading(name, round(rate, 2), "B/s")
