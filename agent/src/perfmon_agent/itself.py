"""What the agent says of itself."""

from __future__ import annotations

from collections.abc import Iterator

import psutil

from perfmon_agent.delivery import Delivery
from perfmon_agent.reading import Reading
from perfmon_agent.sender import Sender
from perfmon_agent.spool import Spool


class Itself:
    """Its cost, and what became of its samples since it was started."""

    def __init__(self, sender: Sender, delivery: Delivery, spool: Spool | None) -> None:
        self._sender = sender
        self._delivery = delivery
        self._spool = spool
        self._process = psutil.Process()
        self._process.cpu_percent()

    def read(self) -> Iterator[Reading]:
        """Figures about the agent as they are now."""
        yield Reading("agent_cpu_usage", round(self._process.cpu_percent(), 2), "percent")
        yield Reading("agent_memory", self._process.memory_info().rss, "B")
        yield Reading("agent_samples_waiting", self._delivery.waiting, "count")
        yield Reading("agent_samples_sent_total", self._sender.sent, "count")
        yield Reading("agent_samples_dropped_total", self._delivery.dropped, "count")
        yield Reading("agent_samples_rejected_total", self._sender.rejected + self._delivery.refused, "count")
        yield Reading("agent_send_errors_total", self._sender.errors, "count")
        if self._spool is not None:
            yield Reading("agent_spool_size", self._spool.bytes, "B")
        if self._sender.clock_offset is not None:
            yield Reading("agent_clock_offset", round(self._sender.clock_offset, 1), "s")
