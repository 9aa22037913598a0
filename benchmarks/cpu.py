"""CPU seconds of this process and of others, and the machine they were measured on."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence

import psutil


def own() -> float:
    """User and system time of this process."""
    times = os.times()
    return times.user + times.system


def of(pid: int) -> float:
    """User and system time of a process and of all its children, those that have ended included."""
    process = psutil.Process(pid)
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        try:
            times = each.cpu_times()
        except psutil.NoSuchProcess:
            continue  # its parent has it by now
        total += times.user + times.system + times.children_user + times.children_system
    return total


def median(figures: Sequence[float]) -> float:
    """The median."""
    return statistics.median(figures)


def machine() -> str:
    """What a figure must be quoted with."""
    return f"{os.cpu_count()} cores, {platform.processor() or platform.machine()}, Python {platform.python_version()}"
