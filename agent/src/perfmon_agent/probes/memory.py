"""Memory and swap."""

from __future__ import annotations

from collections.abc import Iterable

import psutil

from perfmon_agent.reading import Reading


class MemoryProbe:
    """What is taken and what is left; what the system would give back counts as left."""

    def read(self, now: float) -> Iterable[Reading]:
        """memory_usage is the share that is not available; swap_usage only where there is swap."""
        memory = psutil.virtual_memory()
        yield Reading("memory_usage", round(100 * (1 - memory.available / memory.total), 2), "percent")
        yield Reading("memory_used", memory.total - memory.available, "B")
        yield Reading("memory_available", memory.available, "B")
        swap = psutil.swap_memory()
        if swap.total:
            yield Reading("swap_usage", round(swap.percent, 2), "percent")
