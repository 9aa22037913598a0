"""All processes with their names, states, processor time and memory; never their command lines."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

MAX_NAME = 64


@dataclass(frozen=True)
class Process:
    """`identity` is never used again, unlike a process id; `cpu` in seconds, `memory` in bytes (resident)."""

    identity: tuple[int, float]
    name: str
    state: str
    cpu: float
    memory: int


def processes() -> Iterator[Process]:
    """Every process that can be read."""
    return linux_processes() if sys.platform.startswith("linux") else _any_processes()


def linux_processes(proc: Path = Path("/proc")) -> Iterator[Process]:
    """Every process, by one small file each: psutil, which asks for more, takes three times as long."""
    if sys.platform == "win32":
        return
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    for entry in os.listdir(proc):  # noqa: PTH208 -- a Path for each of a thousand entries is what this avoids
        if not entry.isdigit():
            continue
        try:
            with open(f"{proc}/{entry}/stat", "rb") as file:  # noqa: PTH123
                line = file.read()
        except OSError:  # it ended meanwhile, or is hidden from us
            continue
        # The name is in parentheses and may hold anything, parentheses and blanks too.
        begin, end = line.find(b"("), line.rfind(b")")
        fields = line[end + 2 :].split()
        if begin < 0 or len(fields) < 22:
            continue
        cpu = (int(fields[11]) + int(fields[12])) / ticks
        name = clean(line[begin + 1 : end].decode("utf-8", "replace"))
        yield Process((int(entry), float(fields[19])), name, fields[0].decode(), cpu, int(fields[21]) * page)


def clean(name: str) -> str:
    """A name as a tag: printable, short, the same for every worker of the kernel (`kworker/0:1` -> `kworker`)."""
    kept = "".join(each for each in name.partition("/")[0] if each.isprintable())
    return kept.strip()[:MAX_NAME] or "unnamed"


def _any_processes() -> Iterator[Process]:
    for process in psutil.process_iter(["name", "status", "cpu_times", "memory_info", "create_time"]):
        found = process.info
        times, memory = found["cpu_times"], found["memory_info"]
        if times is None or memory is None:
            continue
        state = "Z" if found["status"] == psutil.STATUS_ZOMBIE else ""
        identity = (process.pid, float(found["create_time"] or 0))
        yield Process(identity, clean(found["name"] or ""), state, times.user + times.system, memory.rss)
