"""All probes; a new one is a file here and a name in this list."""

from __future__ import annotations

from perfmon_agent.probes.cpu import CpuProbe
from perfmon_agent.probes.disks import DisksProbe
from perfmon_agent.probes.memory import MemoryProbe
from perfmon_agent.probes.network import NetworkProbe
from perfmon_agent.probes.system import SystemProbe
from perfmon_agent.reading import Probe


def all_probes() -> list[Probe]:
    """One of each."""
    return [CpuProbe(), SystemProbe(), MemoryProbe(), DisksProbe(), NetworkProbe()]
