"""All probes; a new one is a file here and a line in this table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from perfmon_agent.configuration import Configuration
from perfmon_agent.probes.cpu import CpuProbe
from perfmon_agent.probes.disks import DisksProbe
from perfmon_agent.probes.memory import MemoryProbe
from perfmon_agent.probes.network import NetworkProbe
from perfmon_agent.probes.system import SystemProbe
from perfmon_agent.reading import Probe

PROBES: Mapping[str, Callable[[Configuration], Probe]] = {
    "cpu": lambda given: CpuProbe(),
    "system": lambda given: SystemProbe(),
    "memory": lambda given: MemoryProbe(),
    "disks": lambda given: DisksProbe(),
    "network": lambda given: NetworkProbe(),
}


def probes_of(given: Configuration) -> list[Probe]:
    """One of each that is not disabled."""
    return [make(given) for name, make in PROBES.items() if name not in given.disabled]
