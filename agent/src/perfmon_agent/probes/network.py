"""What the network interfaces carry, and what they drop."""

from __future__ import annotations

import re
from collections.abc import Iterable

import psutil

from perfmon_agent.rates import Rates
from perfmon_agent.reading import Reading, tag

# The loopback one, and the host's ends of cables to containers and virtual machines: they come and go by the hundred.
_NOT_REAL = re.compile(r"lo\d*$|Loopback|veth|cali|lxc|tap|vnet")


class NetworkProbe:
    """Every real interface that is up."""

    def __init__(self) -> None:
        self._rates = Rates()

    def read(self, now: float) -> Iterable[Reading]:
        """Bytes and packets per second each way; errors and drops per second, both ways together."""
        up = {name for name, state in psutil.net_if_stats().items() if state.isup}
        for interface, counts in psutil.net_io_counters(pernic=True).items():
            if interface not in up or _NOT_REAL.match(interface):
                continue
            for name, count, unit in (
                ("network_received_bytes", counts.bytes_recv, "B/s"),
                ("network_sent_bytes", counts.bytes_sent, "B/s"),
                ("network_received_packets", counts.packets_recv, "1/s"),
                ("network_sent_packets", counts.packets_sent, "1/s"),
                ("network_errors", counts.errin + counts.errout, "1/s"),
                ("network_drops", counts.dropin + counts.dropout, "1/s"),
            ):
                rate = self._rates.per_second(f"{interface} {name}", count, now)
                if rate is not None:
                    yield Reading(name, round(rate, 2), unit, {"interface": tag(interface)})
