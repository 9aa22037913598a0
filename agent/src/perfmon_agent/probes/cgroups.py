"""Containers as the kernel knows them: control groups, version 2 or 1, named after the container's id."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# docker/<id>, docker-<id>.scope, cri-containerd-<id>.scope, crio-<id>.scope, libpod-<id>.scope; not crio-conmon-<id>.
_CONTAINER = re.compile(r"(?:docker-|cri-containerd-|crio-|libpod-)?([0-9a-f]{64})(?:\.scope)?$")
_MOST_DEEP = 12


@dataclass(frozen=True)
class Usage:
    """Processor time in seconds, periods of the CPU quota so far, memory in bytes; None = not told or no limit."""

    cpu: float | None
    periods: int
    throttled: int
    memory: int | None
    memory_limit: int | None


@dataclass(frozen=True)
class Group:
    """One container's folder, relative to the root of its hierarchy."""

    id: str
    path: Path

    @property
    def is_kubernetes(self) -> bool:
        """Whether Kubernetes started it."""
        return "kubepods" in str(self.path)


class Cgroups:
    """The tree below /sys/fs/cgroup, or another with the same form."""

    def __init__(self, root: Path = Path("/sys/fs/cgroup")) -> None:
        self._root = root
        self._is_v2 = (root / "cgroup.controllers").exists()

    def groups(self) -> Iterator[Group]:
        """Every container that there is now."""
        for top in (self._root,) if self._is_v2 else (self._root / "cpuacct", self._root / "memory"):
            if top.is_dir():
                yield from _walk(top, Path(), _MOST_DEEP)
                return

    def usage(self, group: Group) -> Usage:
        """What a container has used; what cannot be read is None, and everything is when it is gone."""
        return self._version_2(group.path) if self._is_v2 else self._version_1(group.path)

    def _version_2(self, path: Path) -> Usage:
        folder = self._root / path
        cpu = _pairs(folder / "cpu.stat")
        held = _number(folder / "memory.current")
        cache = _pairs(folder / "memory.stat").get("inactive_file", 0) if held is not None else 0
        return Usage(
            cpu["usage_usec"] / 1e6 if "usage_usec" in cpu else None,
            cpu.get("nr_periods", 0),
            cpu.get("nr_throttled", 0),
            None if held is None else max(0, held - cache),
            _number(folder / "memory.max"),
        )

    def _version_1(self, path: Path) -> Usage:
        memory = self._root / "memory" / path
        nanoseconds = _number(self._root / "cpuacct" / path / "cpuacct.usage")
        quota = _pairs(self._root / "cpu" / path / "cpu.stat")
        held = _number(memory / "memory.usage_in_bytes")
        cache = _pairs(memory / "memory.stat").get("total_inactive_file", 0) if held is not None else 0
        return Usage(
            None if nanoseconds is None else nanoseconds / 1e9,
            quota.get("nr_periods", 0),
            quota.get("nr_throttled", 0),
            None if held is None else max(0, held - cache),
            _number(memory / "memory.limit_in_bytes"),
        )


def _walk(top: Path, path: Path, deep: int) -> Iterator[Group]:
    with os.scandir(top / path) as entries:
        names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    for name in names:
        found = _CONTAINER.match(name)
        if found:
            yield Group(found[1], path / name)
        elif deep:
            try:
                yield from _walk(top, path / name, deep - 1)
            except OSError:  # gone meanwhile
                continue


def _number(file: Path) -> int | None:
    """The number that a file holds; None if it holds a word (`max`) or is not there."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def _pairs(file: Path) -> dict[str, int]:
    """`name number` on each line; empty if the file is not there."""
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.partition(" ") for line in lines)
    return {name: int(number) for name, _, number in pairs if number.isdigit()}
