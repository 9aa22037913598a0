"""One hour of a fleet all the way: recorded, drained, compacted, at rest, and queried. `python -m benchmarks.pipeline`.

CPU seconds per million samples of every process: the handlers, drain and compaction in this one, Valkey, PostgreSQL.
PostgreSQL runs with fsync, Valkey with appendfsync everysec. The client's and the HTTP server's cost are not in.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import cpu
from benchmarks.fleet import INTERVAL_MS, Fleet
from benchmarks.ingest import event
from infra.local.postgres import Postgres
from infra.local.valkey import Valkey

HOSTS, METRICS, HOUR_MS = 200, 50, 3_600_000
STEPS = HOUR_MS // INTERVAL_MS
COMPACT_EVERY = 30  # steps: five minutes


class Meter:
    """CPU of this process by phase, and of the servers over the whole run."""

    def __init__(self, *pids: int) -> None:
        self._pids = pids
        self._begun = [cpu.of(pid) for pid in pids]
        self.phases: dict[str, float] = {}

    def run(self, phase: str, work: Callable[[], Any]) -> Any:
        """Do some work and count it under a phase."""
        before = cpu.own()
        result = work()
        self.phases[phase] = self.phases.get(phase, 0.0) + cpu.own() - before
        return result

    def servers(self) -> list[float]:
        """CPU of each server since the beginning."""
        return [cpu.of(pid) - begun for pid, begun in zip(self._pids, self._begun, strict=True)]


def pipeline(postgres: Postgres, valkey: Valkey, hosts_a_request: int) -> None:
    """Send an hour that has passed, compact it, and print what it cost."""
    import app
    from chalicelib import wiring

    app.migrate({}, None)
    token = app.mint_token({"scopes": ["admin"]}, None)["token"]
    assert postgres.pid is not None
    assert valkey.pid is not None
    fleet, meter = Fleet(HOSTS, METRICS), Meter(valkey.pid, postgres.pid)
    now = time.time_ns() // 1_000_000
    begin = (now // HOUR_MS - 2) * HOUR_MS
    for step in range(STEPS):
        at = begin + step * INTERVAL_MS
        snapshots = list(fleet.snapshots(at))
        groups = [snapshots[i : i + hosts_a_request] for i in range(0, HOSTS, hosts_a_request)]
        events = [event(json.dumps({"snapshots": group}, separators=(",", ":")), token) for group in groups]
        gc.freeze()
        meter.run("handlers", partial(_record, app.app, events))
        meter.run("drain", partial(wiring.drain().run, at))
        if step % COMPACT_EVERY == COMPACT_EVERY - 1:
            meter.run("compaction", partial(wiring.compact().run, at))
    done = meter.run("compaction", partial(wiring.compact().run, now))
    millions = HOSTS * METRICS * STEPS / 1e6
    figures = meter.phases | dict(zip(("Valkey", "PostgreSQL"), meter.servers(), strict=True))
    print(f"requests of {hosts_a_request * METRICS} samples:")
    for name, seconds in (figures | {"all": sum(figures.values())}).items():
        print(f"  {name:12}{seconds / millions:8.2f} CPU-s per million samples")
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("VACUUM FULL blocks")
        rows = connection.execute(
            "SELECT sum(pg_total_relation_size(relid)), (SELECT sum(samples) FROM blocks)"
            " FROM pg_partition_tree('blocks')"
        ).fetchall()
    size, samples = map(float, rows[0])
    print(f"  at rest     {size / samples:8.2f} bytes a sample, tables and indexes ({done.bytes / samples:.2f} packed)")
    queries(app.app, token, begin)


def queries(handler: Any, token: str, begin: int) -> None:
    """Latency of three queries at the Lambda boundary, the median of 15."""
    window = {"metricType": "gauge_0_usage", "from": str(begin), "to": str(begin + HOUR_MS)}
    for name, query in {
        "avg by host, 200 hosts, 1 h at 10 s": {"groupBy": "host", "step": "10"},
        "p95 by host, 200 hosts, 1 h at 60 s": {"groupBy": "host", "step": "60", "aggregation": "p95"},
        "one metric, one host, 1 h at 10 s": {"tags": "host:web-007.eu-west-1", "step": "10"},
    }.items():
        asked = event("", token) | {"multiValueQueryStringParameters": {k: [v] for k, v in (window | query).items()}}
        path = "/monitoring/metrics/query"
        asked["requestContext"] = asked["requestContext"] | {"resourcePath": path, "httpMethod": "GET"}
        taken = []
        for _ in range(15):
            started = time.perf_counter()
            reply = handler(asked, None)
            taken.append(time.perf_counter() - started)
            assert reply["statusCode"] == 200
            assert len(reply["body"]) > 1000
        print(f"  {name:38}{cpu.median(taken) * 1000:8.1f} ms")


def _record(handler: Any, events: list[dict[str, Any]]) -> None:
    for each in events:
        assert handler(each, None)["statusCode"] == 202


def main() -> None:
    """Measure and print; each size of request in a process and on servers of its own."""
    if len(sys.argv) == 1:
        print(f"{cpu.machine()}; {time.strftime('%Y-%m-%d')}; {HOSTS} hosts x {METRICS} metrics, one hour at 10 s")
        for hosts_a_request in ("100", "1"):
            subprocess.run([sys.executable, "-m", "benchmarks.pipeline", hosts_a_request], check=True)
        return
    with tempfile.TemporaryDirectory() as directory:
        postgres = Postgres(Path(directory) / "postgres")
        valkey = Valkey(Path(directory) / "valkey", appendfsync="everysec")
        postgres.start()
        valkey.start()
        os.environ |= {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url, "LOG_LEVEL": "error"}
        try:
            pipeline(postgres, valkey, int(sys.argv[1]))
        finally:
            valkey.stop()
            postgres.stop()


if __name__ == "__main__":
    main()
