"""What the demo's fleet measures at an instant: daily cycles, two incidents, a disk that fills, a slow week.

Nothing here is drawn anew: the same instant of the same story always has the same values, so sending it again changes
nothing. Everything is a *sampled* series, one value an instant.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
DAYS = 14
STEP = 5 * MINUTE
_ROLES = {"web": 8, "api": 6, "worker": 4, "db": 2}
HOSTS = tuple(f"{role}-{number}" for role, count in _ROLES.items() for number in range(1, count + 1))
ENDPOINTS = {"/api/projects": 90.0, "/api/search": 240.0, "/api/checkout": 180.0, "/api/login": 60.0}
_LOAD = {"web": 34.0, "api": 42.0, "worker": 55.0, "db": 38.0}
_MEMORY = {"web": 48.0, "api": 57.0, "worker": 52.0, "db": 71.0}


@dataclass(frozen=True, slots=True)
class Story:
    """What happened in the two weeks before `end` (epoch ms)."""

    end: int

    @property
    def begin(self) -> int:
        """The first instant."""
        return self.end - DAYS * DAY

    def snapshots(self, at: int) -> Iterator[dict[str, Any]]:
        """Everything that was measured at an instant, as the ingest API takes it."""
        traffic, slow, trouble = self._traffic(at), self._slowness(at), self._trouble(at)
        for host in HOSTS:
            yield _snapshot(at, {"host": host}, self._machine(host, at, traffic, trouble))
        for host, mount, full in self._disks(at):
            yield _snapshot(at, {"host": host, "mount": mount}, {"disk_usage": full})
        for endpoint, usual in ENDPOINTS.items():
            waited = usual * slow * (1 + 4 * trouble) * _noise(endpoint, at, 0.12)
            failed = 0.3 * _noise(f"!{endpoint}", at, 0.4) + 14 * trouble
            tags = {"endpoint": endpoint, "service": "shop"}
            yield _snapshot(at, tags, {"response_time": round(waited, 1), "error_rate": round(failed, 2)})
        requests = 420 * traffic * (1 - 0.5 * trouble) * _noise("throughput", at, 0.05)
        yield _snapshot(
            at, {"service": "shop"}, {"throughput": round(requests, 1), "active_users": round(requests * 0.7)}
        )
        # Who waits long does not buy: orders follow slowness with a quarter of an hour's delay.
        before = at - 15 * MINUTE
        hurt = (1 / self._slowness(before)) ** 1.6 * (1 - 0.7 * self._trouble(before))
        orders = 60 * self._traffic(at) * hurt * _noise("orders", at, 0.06)
        yield _snapshot(at, {"kind": "business", "shop": "main"}, {"orders_placed": round(orders)})
        waiting = 8 * traffic * _noise("queue", at, 0.3) + (60 if (at // MINUTE) % 20 < 4 else 0)
        yield _snapshot(at, {"queue": "mail"}, {"queue_length": round(waiting)})

    def _traffic(self, at: int) -> float:
        """Day and night, and quieter weekends; about 1 at noon of a working day."""
        daily = 0.55 - 0.45 * math.cos(2 * math.pi * ((at % DAY) / DAY - 0.08))
        is_weekend = (at // DAY + 3) % 7 >= 5
        return max(0.08, daily * (0.6 if is_weekend else 1.0))

    def _slowness(self, at: int) -> float:
        """Around 1 in the first week; the second one began with a release that made everything slower."""
        hourly, share = divmod(at, HOUR)
        rough, next_rough = _noise("pressure", hourly, 0.2), _noise("pressure", hourly + 1, 0.2)
        wave = rough + (next_rough - rough) * share / HOUR
        is_slow = at > self.end - 7 * DAY
        return wave * (1.55 if is_slow else 1.0)

    def _trouble(self, at: int) -> float:
        """0 to 1 during the two incidents: a bad release nine days ago, a stuck database three days ago."""
        found = 0.0
        for begin, length in ((self.end - 9 * DAY, 50 * MINUTE), (self.end - 3 * DAY, 95 * MINUTE)):
            if begin <= at < begin + length:
                found = max(found, math.sin(math.pi * (at - begin + MINUTE) / (length + 2 * MINUTE)) ** 0.5)
        return found

    def _machine(self, host: str, at: int, traffic: float, trouble: float) -> dict[str, float]:
        role = host.partition("-")[0]
        busy = _LOAD[role] * (0.35 + 0.9 * traffic) * (0.85 + 0.3 * _fixed(host)) * _noise(host, at, 0.12)
        cpu = min(99.0, busy + (45 * trouble if role in ("db", "api") else 0))
        leak = 8 * ((at - self.begin) % (3 * DAY)) / (3 * DAY) if role == "worker" else 0
        memory = _MEMORY[role] * (0.9 + 0.2 * _fixed(f"m{host}")) * _noise(f"m{host}", at, 0.02) + leak
        return {"cpu_usage": round(cpu, 1), "memory_usage": round(memory, 1), "system_load": round(cpu / 45, 2)}

    def _disks(self, at: int) -> Iterator[tuple[str, str, float]]:
        """The root of every host holds still; the data of db-1 fills and will be full within days."""
        for host in HOSTS:
            yield host, "/", round(30 + 25 * _fixed(f"d{host}"), 1)
        passed = (at - self.begin) / (DAYS * DAY)
        yield "db-1", "/data", round(min(99.0, 61 + 31 * passed), 2)
        yield "db-2", "/data", 48.5


def _snapshot(at: int, tags: dict[str, str], metrics: dict[str, float]) -> dict[str, Any]:
    return {"tags": tags, "timestamp": at, "metrics": metrics}


def _fixed(name: str) -> float:
    """0 to 1, always the same for a name."""
    return random.Random(name).random()  # noqa: S311 -- a picture, no secret


def _noise(name: str, at: int, width: float) -> float:
    """Around 1, at most `width` either way; the same for a name and an instant."""
    mixed = (at * 0x9E3779B97F4A7C15 + hash_of(name)) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return 1 + width * (2 * ((mixed ^ (mixed >> 31)) / 2**64) - 1)


def hash_of(name: str) -> int:
    """A number for a name that is the same in every process."""
    return int.from_bytes(name.encode()[-8:].rjust(8, b"\0"))
