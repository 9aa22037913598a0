"""All probes; a new one is a file here and a line in this table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psutil

from perfmon_agent.configuration import Configuration
from perfmon_agent.plugins import Plugins
from perfmon_agent.probes.containers import ContainersProbe
from perfmon_agent.probes.cpu import CpuProbe
from perfmon_agent.probes.disks import DisksProbe
from perfmon_agent.probes.memory import MemoryProbe
from perfmon_agent.probes.network import NetworkProbe
from perfmon_agent.probes.processes import ProcessesProbe
from perfmon_agent.probes.system import SystemProbe
from perfmon_agent.reading import Probe

PROBES: Mapping[str, Callable[[Configuration], Probe]] = {
    "cpu": lambda given: CpuProbe(cores=_cores if given.cpu_per_core else None),
    "system": lambda given: SystemProbe(),
    "memory": lambda given: MemoryProbe(),
    "disks": lambda given: DisksProbe(),
    "network": lambda given: NetworkProbe(),
    "processes": lambda given: ProcessesProbe(given.processes_top, given.processes_names, given.processes_watch),
    "containers": lambda given: ContainersProbe(),
}


def probes_of(given: Configuration) -> list[Probe]:
    """One of each that is not disabled, and one for all plugins if there are any."""
    probes = [make(given) for name, make in PROBES.items() if name not in given.disabled]
    return [*probes, Plugins(given.plugins, given.all_tags)] if given.plugins else probes


def _cores() -> Sequence[Any]:
    return psutil.cpu_times(percpu=True)
