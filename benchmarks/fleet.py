"""A deterministic fleet: hosts that report the same metrics every ten seconds, with values as real hosts have them.

Two thirds of the metrics are gauges that walk slowly, are rounded to 0 to 2 decimals and often hold still; one third
are counters that only rise.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

INTERVAL_MS = 10_000


class Fleet:
    """`hosts` x `metrics` series; `snapshots(t)` moves it on by one interval."""

    def __init__(self, hosts: int, metrics: int, *, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self._names = [f"counter_{i}_total" if i % 3 == 2 else f"gauge_{i}_usage" for i in range(metrics)]
        self._hosts = [f"web-{host:03}.eu-west-1" for host in range(hosts)]
        self._values = [[self._random.uniform(0, 100) for _ in self._names] for _ in self._hosts]

    def snapshots(self, at: int) -> Iterator[dict[str, Any]]:
        """One snapshot a host, stamped `at` (epoch ms)."""
        rand = self._random.random
        for host, values in zip(self._hosts, self._values, strict=True):
            for i in range(len(values)):
                if i % 3 == 2:
                    values[i] += int(rand() * 50)
                elif rand() < 0.4:
                    values[i] = min(100.0, max(0.0, values[i] + rand() * 2 - 1))
            metrics = {
                name: int(value) if i % 3 == 2 else round(value, i % 3 * 2)
                for i, (name, value) in enumerate(zip(self._names, values, strict=True))
            }
            yield {"tags": {"host": host}, "timestamp": at, "metrics": metrics}
