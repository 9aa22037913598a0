"""How full the file systems are, and what the disks do."""

from __future__ import annotations

import re
from collections.abc import Iterable

import psutil

from perfmon_agent.rates import Rates
from perfmon_agent.reading import Reading

_PSEUDO = frozenset(("autofs", "devfs", "devtmpfs", "iso9660", "nsfs", "overlay", "proc", "ramfs", "squashfs", "tmpfs"))
# Parts of a disk would count its traffic twice; loop, ram and device-mapper devices stand on others.
_WHOLE_DISK = re.compile(r"(?:[shv]d[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+|disk\d+|PhysicalDrive\d+)$")


class DisksProbe:
    """Every real file system by its mount point, every real disk by its device."""

    def __init__(self) -> None:
        self._rates = Rates()

    def read(self, now: float) -> Iterable[Reading]:
        """disk_usage in percent of what an ordinary user may fill; bytes and operations per second."""
        seen = set()
        for part in psutil.disk_partitions(all=False):
            if part.fstype in _PSEUDO or part.device in seen or "loop" in part.device:
                continue
            seen.add(part.device)  # a file system that is mounted twice is still one
            try:
                usage = psutil.disk_usage(part.mountpoint)
            except OSError:  # gone meanwhile, or an empty drive
                continue
            tags = {"mount": part.mountpoint[:256]}
            yield Reading("disk_usage", round(usage.percent, 2), "percent", tags)
            yield Reading("disk_free", usage.free, "B", tags)
        for device, counts in (psutil.disk_io_counters(perdisk=True) or {}).items():
            if not _WHOLE_DISK.match(device):
                continue
            for name, count, unit in (
                ("disk_read_bytes", counts.read_bytes, "B/s"),
                ("disk_write_bytes", counts.write_bytes, "B/s"),
                ("disk_reads", counts.read_count, "1/s"),
                ("disk_writes", counts.write_count, "1/s"),
            ):
                rate = self._rates.per_second(f"{device} {name}", count, now)
                if rate is not None:
                    yield Reading(name, round(rate, 2), unit, {"device": device})
