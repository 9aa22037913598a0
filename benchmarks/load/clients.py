"""Who loads the service: the fleet's agents, applications that record single metrics, people with an open page."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import requests

from benchmarks.fleet import INTERVAL_MS, Fleet
from infra.storm.service import Service

SINGLE = "response_time"
PAGE: tuple[tuple[str, dict[str, str], int], ...] = (
    ("/health/system", {}, 5),
    ("/alerts/active", {}, 5),
    ("/hosts", {}, 10),
    ("/metrics/query", {"metricType": "gauge_0_usage", "from": "-1h", "groupBy": "host", "topk": "20"}, 10),
    ("/metrics/query", {"metricType": SINGLE, "from": "-1h", "aggregation": "p95"}, 10),
)


class Counts:
    """What became of requests, by kind and status, and how long the latest of each kind took."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.statuses: Counter[tuple[str, str]] = Counter()
        self.seconds: dict[str, deque[float]] = {}

    def add(self, kind: str, status: str, seconds: float) -> None:
        """One answer, or none."""
        with self._lock:
            self.statuses[kind, status] += 1
            self.seconds.setdefault(kind, deque(maxlen=20_000)).append(seconds)

    def of(self, kind: str, status: str) -> int:
        """How many there were."""
        return self.statuses[kind, status]

    def failed(self) -> dict[str, int]:
        """All that was not answered as it should."""
        return {f"{kind} {status}": n for (kind, status), n in self.statuses.items() if status not in ("200", "202")}

    def latency(self, kind: str) -> tuple[float, float, float]:
        """Median, 99th percentile and maximum of the latest, in ms."""
        with self._lock:
            found = sorted(self.seconds.get(kind, ())) or [0.0]
        return tuple(round(1000 * found[min(len(found) - 1, int(q * len(found)))], 1) for q in (0.5, 0.99, 1.0))  # type: ignore[return-value]


class Clients:
    """Threads that send, each on its own connection, on time; what is late is sent at once."""

    def __init__(self, service: Service, counts: Counts) -> None:
        self._service = service
        self._counts = counts
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def begin(self, *, hosts: int, metrics: int, singles: int, pages: int) -> None:
        """A fleet, so many single metrics a second, and so many open pages."""
        workers: list[Callable[[], None]] = []
        quarter = -(-hosts // 4)
        fleet = Fleet(hosts, metrics)
        ticks = _Ticks(fleet)
        workers += [lambda first=first: self._fleet(ticks, first, quarter, hosts) for first in range(0, hosts, quarter)]  # type: ignore[misc]
        workers += [lambda: self._singles(10) for _ in range(singles // 10)]
        workers += [self._page for _ in range(pages)]
        self._threads = [threading.Thread(target=work, daemon=True) for work in workers]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Send nothing more."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _fleet(self, ticks: _Ticks, first: int, count: int, hosts: int) -> None:
        """A quarter of the fleet: each host at its own moment of the interval."""
        with self._service.client() as session:
            for at in ticks.instants(self._stopping):
                snapshots = ticks.snapshots(at)
                for place in range(first, min(first + count, hosts)):
                    due = (at + INTERVAL_MS * place // hosts) / 1000
                    if self._stopping.wait(max(0.0, due - time.time())):
                        return
                    self._post(session, "fleet", {"snapshots": [snapshots[place]]})

    def _singles(self, per_second: int) -> None:
        due = time.time()
        with self._service.client() as session:
            number = 0
            while not self._stopping.wait(max(0.0, due - time.time())):
                due += 1 / per_second
                number += 1
                tags = {"endpoint": f"/api/things/{number % 20}", "method": "GET"}
                body = {"metricType": SINGLE, "value": 20 + number % 300, "unit": "ms", "tags": tags}
                self._post(session, "single", body, {"Idempotency-Key": uuid.uuid4().hex})

    def _page(self) -> None:
        with self._service.client() as session:
            beats = 0
            while not self._stopping.wait(5.0):
                for path, query, every in PAGE:
                    if beats * 5 % every == 0:
                        self._get(session, path, query)
                beats += 1

    def _post(self, session: requests.Session, kind: str, body: Any, headers: Mapping[str, str] | None = None) -> None:
        url = f"{self._service.address}/api/monitoring/metrics"
        self._counted(kind, lambda: session.post(url, json=body, headers=headers, timeout=30))

    def _get(self, session: requests.Session, path: str, query: Mapping[str, str]) -> None:
        url = f"{self._service.address}/api/monitoring{path}"
        self._counted("page", lambda: session.get(url, params=query, timeout=30))

    def _counted(self, kind: str, call: Callable[[], requests.Response]) -> None:
        began = time.monotonic()
        try:
            status = str(call().status_code)
        except requests.RequestException as error:
            status = type(error).__name__
        self._counts.add(kind, status, time.monotonic() - began)


class _Ticks:
    """The instants of the fleet, and its snapshots at each: made once, by whoever comes first."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._lock = threading.Lock()
        self._made: dict[int, list[dict[str, Any]]] = {}
        self._first = (int(time.time() * 1000) // INTERVAL_MS + 1) * INTERVAL_MS

    def instants(self, stopping: threading.Event) -> Iterator[int]:
        at = self._first
        while not stopping.wait(max(0.0, at / 1000 - time.time())):
            yield at
            at += INTERVAL_MS

    def snapshots(self, at: int) -> list[dict[str, Any]]:
        with self._lock:
            if at not in self._made:
                self._made = {old: made for old, made in self._made.items() if old > at - 6 * INTERVAL_MS}
                self._made[at] = list(self._fleet.snapshots(at))
            return self._made[at]
