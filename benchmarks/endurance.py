"""What a container's memory does over a hundred thousand requests: `python -m benchmarks.endurance`.

A container that records (a fleet's snapshots, and single events whose tags never end) and one that answers an open
dashboard, each a process that does nothing else, at the Lambda boundary; beside them the tick's drain.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from benchmarks import cpu
from benchmarks.fleet import INTERVAL_MS, Fleet
from benchmarks.ingest import event
from infra.local.postgres import Postgres
from infra.local.valkey import Valkey

HOSTS, METRICS = 200, 50
TENTHS = 10
CASES = {"record": 100_000, "answer": 20_000}
PAGE: tuple[tuple[str, dict[str, str]], ...] = (
    ("/health/system", {}),
    ("/alerts/active", {}),
    ("/hosts", {}),
    ("/metrics/query", {"metricType": "gauge_0_usage", "from": "-1h", "groupBy": "host", "topk": "20"}),
    ("/metrics/query", {"metricType": "checkout_time", "from": "-1h", "aggregation": "p95"}),
)


def main() -> None:
    """Start the stores and each container, and print what they held."""
    print(f"{cpu.machine()}; {time.strftime('%Y-%m-%d')}; MB after every tenth of the requests")
    with tempfile.TemporaryDirectory() as directory:
        postgres = Postgres(Path(directory) / "postgres", fsync=False)
        valkey = Valkey(Path(directory) / "valkey", appendfsync="everysec")
        postgres.start()
        valkey.start()
        try:
            os.environ |= {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url, "LOG_LEVEL": "error"}
            _containers()
        finally:
            valkey.stop()
            postgres.stop()


def _containers() -> None:
    import app

    app.migrate({}, None)
    os.environ["TOKEN"] = app.mint_token({"scopes": ["admin"]}, None)["token"]
    stopping = threading.Event()
    draining = threading.Thread(target=_drain, args=(stopping,))
    draining.start()
    try:
        for case, requests in CASES.items():
            subprocess.run([sys.executable, "-m", "benchmarks.endurance", case, str(requests)], check=True)
    finally:
        stopping.set()
        draining.join()


def _drain(stopping: threading.Event) -> None:
    from chalicelib import wiring

    while not stopping.wait(1.0):
        wiring.drain().run(time.time_ns() // 1_000_000)


def container(case: str, requests: int) -> None:
    """Answer so many requests, and print the resident memory on the way."""
    import app

    made: dict[str, Callable[[str], Iterator[dict[str, Any]]]] = {"record": _recorded, "answer": _asked}
    events = made[case](os.environ["TOKEN"])
    process = psutil.Process()
    held = [process.memory_info().rss]
    for _ in range(TENTHS):
        for each in itertools.islice(events, requests // TENTHS):
            answer = app.app(each, None)
            assert answer["statusCode"] < 300, answer["body"]
        held.append(process.memory_info().rss)
    print(f"{case:8}{requests:8,} requests", " ".join(f"{each / 1e6:4.0f}" for each in held), flush=True)


def _recorded(token: str) -> Iterator[dict[str, Any]]:
    fleet = Fleet(HOSTS, METRICS)
    begin = time.time_ns() // 1_000_000 // INTERVAL_MS * INTERVAL_MS - 3_600_000
    for step in itertools.count():
        at = begin + step % 360 * INTERVAL_MS
        for number, snapshot in enumerate(fleet.snapshots(at)):
            yield event(json.dumps({"snapshots": [snapshot]}), token)
            if number % 4 == 0:
                tags = {"userId": f"user-{step}-{number}", "endpoint": f"/orders/{step}{number}"}
                single = {"metricType": "checkout_time", "value": number * 1.5, "unit": "ms", "tags": tags}
                yield event(json.dumps({"metrics": [single]}), token)


def _asked(token: str) -> Iterator[dict[str, Any]]:
    for part, query in itertools.cycle(PAGE):
        asked, path = event("", token), f"/monitoring{part}"
        asked |= {"resource": path, "path": path, "httpMethod": "GET", "body": None}
        asked |= {"queryStringParameters": query, "multiValueQueryStringParameters": {k: [v] for k, v in query.items()}}
        asked["requestContext"] |= {"resourcePath": path, "httpMethod": "GET"}
        yield asked


if __name__ == "__main__":
    if sys.argv[1:]:
        container(sys.argv[1], int(sys.argv[2]))
    else:
        main()
