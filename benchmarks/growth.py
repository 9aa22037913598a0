"""How cost grows: CPU a sample from 1,000 to 100,000 series, compaction's memory, other shapes of data.

`python -m benchmarks.growth`: an hour each, in requests of 1,000 samples at the Lambda boundary; drained every ten
seconds, compacted every five minutes and at the end, in a process of its own, as on AWS, whose peak is told. PostgreSQL
with fsync, Valkey with appendfsync everysec. `python -m benchmarks.growth CASE` measures one.
"""

from __future__ import annotations

import gc
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import cpu
from benchmarks.fleet import INTERVAL_MS, Fleet
from benchmarks.ingest import event, flat
from infra.local.postgres import Postgres
from infra.local.valkey import Valkey

A_REQUEST, HOUR_MS, COMPACT_EVERY = 1_000, 3_600_000, 30
STEPS = HOUR_MS // INTERVAL_MS
A_SECOND, ENDPOINTS, PODS = 50, 20, 4
Instant = tuple[int, list[dict[str, Any]], int]  # epoch ms, bodies, samples in them
PHASES = ("handlers", "drain", "compaction", "Valkey", "PostgreSQL")


def fleet(
    hosts: int, begin: int, *, metrics: int = 50, jitter_ms: int = 0, as_events: bool = False
) -> Iterator[Instant]:
    """Hosts that report at ten seconds, as many to a request as have 1,000 samples."""
    rand, moving = random.Random(2), Fleet(hosts, metrics)
    together = A_REQUEST // metrics
    for step in range(STEPS):
        at = begin + step * INTERVAL_MS
        snapshots = list(moving.snapshots(at))
        if jitter_ms:
            for each in snapshots:
                each["timestamp"] += rand.randint(-jitter_ms if step else 0, jitter_ms)
        groups = [snapshots[i : i + together] for i in range(0, hosts, together)]
        yield at, [flat(group) if as_events else {"snapshots": group} for group in groups], hosts * metrics


def events(begin: int, digits: int) -> Iterator[Instant]:
    """Response times of 50 requests a second: a client in each of four pods sends what it has every ten seconds."""
    rand = random.Random(3)
    typical = [rand.lognormvariate(4, 0.8) for _ in range(ENDPOINTS)]
    at = float(begin)
    for step in range(STEPS):
        end = begin + (step + 1) * INTERVAL_MS
        pods: list[list[dict[str, Any]]] = [[] for _ in range(PODS)]
        while (at := at + rand.expovariate(A_SECOND / 1000)) < end:
            endpoint = min(int(rand.expovariate(0.2)), ENDPOINTS - 1)
            pod = rand.randrange(PODS)
            pods[pod].append(
                {
                    "metricType": "response_time",
                    "unit": "ms",
                    "value": round(typical[endpoint] * rand.lognormvariate(0, 0.5), digits),
                    "tags": {"endpoint": f"/api/things/{endpoint}/list", "pod": f"web-{pod}"},
                    "timestamp": int(at),
                }
            )
        at = float(end)
        yield end - INTERVAL_MS, [{"metrics": each} for each in pods if each], sum(map(len, pods))


CASES: dict[str, Callable[[int], Iterator[Instant]]] = {
    "1,000 series": partial(fleet, 20),
    "10,000 series": partial(fleet, 200),
    "100,000 series": partial(fleet, 2000),
    "100,000 series, 20,000 of a metric": partial(fleet, 20_000, metrics=5),
    "10,000 series, times off by up to 300 ms": partial(fleet, 200, jitter_ms=300),
    "10,000 series of events, in flat lists": partial(fleet, 200, as_events=True),
    "50 requests a second, to 0.01 ms": partial(events, digits=2),
    "50 requests a second, to the nanosecond": partial(events, digits=6),
}


class Compactor:
    """Compaction in a process of its own: what it takes there, and the most memory it ever held."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "benchmarks.growth", "compactor"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.cpu, self.peak = 0.0, 0

    def run(self, now: int) -> None:
        """Compact what is due."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(now, file=self._process.stdin, flush=True)
        told = json.loads(self._process.stdout.readline())
        self.cpu += told["cpu"]
        self.peak = told["peak"]

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def compactor() -> None:
    """The other side: an instant a line, answered by CPU seconds and the peak in bytes."""
    from chalicelib import wiring

    wiring.compact().run(0)
    for line in sys.stdin:
        before = cpu.own()
        while wiring.compact().run(int(line)).behind:
            pass
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"cpu": cpu.own() - before, "peak": peak}), flush=True)


def measure(case: str, postgres: Postgres, valkey: Valkey) -> dict[str, float]:
    """CPU seconds per million samples by phase, bytes a sample, peak bytes of compaction."""
    import app
    from chalicelib import wiring

    app.migrate({}, None)
    token = app.mint_token({"scopes": ["admin"]}, None)["token"]
    assert postgres.pid is not None
    assert valkey.pid is not None
    pids = {"Valkey": valkey.pid, "PostgreSQL": postgres.pid}
    begun = {name: cpu.of(pid) for name, pid in pids.items()}
    used = dict.fromkeys(PHASES, 0.0)

    def count(phase: str, work: Callable[[], object]) -> None:
        before = cpu.own()
        work()
        used[phase] += cpu.own() - before

    def record(handed: list[dict[str, Any]]) -> None:
        for each in handed:
            assert app.app(each, None)["statusCode"] == 202

    compaction, samples = Compactor(), 0
    now = time.time_ns() // 1_000_000
    begin = (now // HOUR_MS - 2) * HOUR_MS
    for step, (at, bodies, size) in enumerate(CASES[case](begin)):
        handed = [event(json.dumps(body, separators=(",", ":")), token) for body in bodies]
        gc.freeze()
        count("handlers", partial(record, handed))
        count("drain", partial(wiring.drain().run, at))
        samples += size
        if step % COMPACT_EVERY == COMPACT_EVERY - 1:
            compaction.run(at)
    count("drain", partial(wiring.drain().run, now))
    compaction.run(now + 600_000)  # no head is left alone for being young
    compaction.close()
    used["compaction"] = compaction.cpu
    used |= {name: cpu.of(pid) - begun[name] for name, pid in pids.items()}
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("VACUUM FULL blocks")
        row = connection.execute(
            "SELECT sum(pg_total_relation_size(relid)), (SELECT sum(samples) FROM blocks),"
            " (SELECT sum(length(payload)) FROM blocks) FROM pg_partition_tree('blocks')"
        ).fetchone()
    assert row is not None
    if row[1] != samples:
        raise SystemExit(f"{row[1]} samples are at rest, {samples} were sent")
    figures = {name: seconds / (samples / 1e6) for name, seconds in used.items()}
    return figures | {
        "all": sum(figures.values()),
        "samples": samples,
        "bytes": float(row[0]) / samples,
        "packed": float(row[2]) / samples,
        "peak": compaction.peak,
    }


def main(arguments: list[str]) -> None:
    """Measure and print; each case in a process and on servers of its own."""
    if not arguments:
        print(f"{cpu.machine()}; {time.strftime('%Y-%m-%d')}\n")
        print(f"| CPU-s per million | {' | '.join(PHASES)} | all | bytes | packed | compaction's peak MB |")
        print(f"|---{'|---' * (len(PHASES) + 4)}|", flush=True)
        for case in CASES:
            command = [sys.executable, "-m", "benchmarks.growth", case]
            told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
            cells = [f"{told[name]:.2f}" for name in (*PHASES, "all", "bytes", "packed")]
            print(f"| {case} | {' | '.join(cells)} | {told['peak'] / 1e6:.0f} |", flush=True)
        return
    if arguments == ["compactor"]:
        compactor()
        return
    with tempfile.TemporaryDirectory() as directory:
        postgres = Postgres(Path(directory) / "postgres")
        valkey = Valkey(Path(directory) / "valkey", appendfsync="everysec")
        postgres.start()
        valkey.start()
        os.environ |= {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": valkey.url,
            "LOG_LEVEL": "error",
            "MAX_NEW_SERIES_PER_HOUR": "1000000",
        }
        try:
            print(json.dumps(measure(arguments[0], postgres, valkey)))
        finally:
            valkey.stop()
            postgres.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
