"""How full the file systems are, and what the disks do."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

import psutil

from perfmon_agent.once import Once
from perfmon_agent.rates import Rates
from perfmon_agent.reading import Reading, tag

_PSEUDO = frozenset(("autofs", "devfs", "devtmpfs", "iso9660", "nsfs", "overlay", "proc", "ramfs", "squashfs", "tmpfs"))
# Parts of a disk would count its traffic twice; loop, ram and device-mapper devices stand on others.
_WHOLE_DISK = re.compile(r"(?:[shv]d[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+|disk\d+|PhysicalDrive\d+)$")
# Where others keep their own file systems, under names that come and go with containers and pods.
_NOT_A_PLACE = re.compile(r"/(?:dev|proc|run|sys|var/lib/(?:docker|containers/storage|kubelet)/.+)(?:/|$)")
_once = Once(logging.getLogger(__name__))


class DisksProbe:
    """Every real file system by its mount point, every real disk by its device."""

    def __init__(self) -> None:
        self._rates = Rates()

    def read(self, now: float) -> Iterable[Reading]:
        """Shares in percent of what an ordinary user may fill; bytes and operations per second; milliseconds each."""
        seen = set()
        for part in psutil.disk_partitions(all=False):
            if part.fstype in _PSEUDO or "loop" in part.device or _NOT_A_PLACE.match(part.mountpoint):
                continue
            if part.device in seen:
                continue
            seen.add(part.device)  # a file system that is mounted twice is still one
            try:
                yield from _file_system(part.mountpoint)
            except OSError as error:  # gone meanwhile, an empty drive, or a folder that is not ours to see
                _once.warn(part.mountpoint, "the file system %s is left out: %s", part.mountpoint, error.strerror)
        for device, counts in (psutil.disk_io_counters(perdisk=True) or {}).items():
            if _WHOLE_DISK.match(device):
                yield from self._traffic(device, counts, now)

    def _traffic(self, device: str, counts: Any, now: float) -> Iterator[Reading]:
        tags = {"device": tag(device)}
        per_second: dict[str, float] = {}
        for name, count, unit in (
            ("disk_read_bytes", counts.read_bytes, "B/s"),
            ("disk_write_bytes", counts.write_bytes, "B/s"),
            ("disk_reads", counts.read_count, "1/s"),
            ("disk_writes", counts.write_count, "1/s"),
        ):
            rate = self._rates.per_second(f"{device} {name}", count, now)
            if rate is not None:
                per_second[name] = rate
                yield Reading(name, round(rate, 2), unit, tags)
        # Milliseconds spent in a second, by operations in a second, are milliseconds an operation.
        for name, spent, operations in (
            ("disk_read_latency", getattr(counts, "read_time", 0), "disk_reads"),
            ("disk_write_latency", getattr(counts, "write_time", 0), "disk_writes"),
        ):
            rate = self._rates.per_second(f"{device} {name}", spent, now)
            if rate is not None and per_second.get(operations):
                yield Reading(name, round(rate / per_second[operations], 3), "ms", tags)
        if hasattr(counts, "busy_time"):
            rate = self._rates.per_second(f"{device} disk_busy", counts.busy_time, now)
            if rate is not None:
                yield Reading("disk_busy", round(min(100.0, rate / 10), 2), "percent", tags)


def _file_system(mount: str) -> Iterator[Reading]:
    usage = psutil.disk_usage(mount)
    tags = {"mount": tag(mount)}
    yield Reading("disk_usage", round(usage.percent, 2), "percent", tags)
    yield Reading("disk_free", usage.free, "B", tags)
    if not hasattr(os, "statvfs"):
        return
    files = os.statvfs(mount)
    taken = files.f_files - files.f_ffree
    if files.f_files and taken + files.f_favail > 0:  # some file systems make inodes as they go
        share = 100 * taken / (taken + files.f_favail)
        yield Reading("disk_inodes_usage", round(share, 2), "percent", tags)
