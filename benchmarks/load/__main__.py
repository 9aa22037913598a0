"""`python -m benchmarks.load [--minutes N] [--hosts N] [--no-break]`: a fleet on the program of `make run`.

200 hosts of 50 series at ten seconds, 50 single metrics a second, 1,000 rules, an open page. Every minute a line; at
the end what is stored is compared with what was accepted. Then single metrics come from ever more clients at once, each
as fast as it is answered: what gives first, how it says so, and whether it recovers by itself.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.cpu import machine
from benchmarks.load.breaking import overload
from benchmarks.load.clients import SINGLE, Clients, Counts
from benchmarks.load.watch import Moment, TickWatch, is_drained, look
from infra.storm.service import Service, running

METRICS = 50
BY_HOST = 50  # rules that judge every host; the others judge one
CALM = 120.0  # seconds until nothing may wait any more


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load")
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--singles", type=int, default=50, help="a second")
    parser.add_argument("--rules", type=int, default=1000)
    parser.add_argument("--no-break", action="store_true", help="end with the fleet's load")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, running(Path(directory), tick_seconds=10) as service:
        print(machine())
        began = time.monotonic()
        add_rules(service, given.rules, given.hosts)
        print(f"{given.rules} rules made in {time.monotonic() - began:.1f} s", flush=True)
        counts = Counts()
        clients, watch = Clients(service, counts), TickWatch(service)
        start = int(time.time() * 1000)
        clients.begin(hosts=given.hosts, metrics=METRICS, singles=given.singles, pages=1)
        now = look(service)
        print(
            "min requests failed | fleet p50 p99 max ms | single | page | ticks late p50 max s, missed, took ms |"
            " memory MB | CPU % | frames heads waiting | database MB"
        )
        for minute in range(1, given.minutes + 1):
            time.sleep(max(0.0, start / 1000 + 60 * minute - time.time()))
            before, now = now, look(service)
            say(minute, counts, watch, before, now)
        clients.end()
        settle(service)
        after = look(service)
        print(
            f"at rest: {after.frames} frames, {after.heads} heads, {after.waiting} waiting,"
            f" {after.all_memory():.0f} MB of memory, {after.database:.1f} MB of database"
        )
        print(f"memory by part: {after.memory_by_part()}")
        compare(service, counts, start)
        if not given.no_break:
            overload(service, counts)
            compare(service, counts, start)
        watch.end()
        print(f"failed: {counts.failed() or 'nothing'}")


def add_rules(service: Service, count: int, hosts: int) -> None:
    """Rules of all kinds of thresholds: some always fire, most never do."""
    with service.client() as session:
        for number in range(count):
            metric = number % METRICS
            name = f"counter_{metric}_total" if metric % 3 == 2 else f"gauge_{metric}_usage"
            rule: dict[str, Any] = {
                "name": f"rule {number}",
                "metricType": name,
                "condition": "greater_than",
                "threshold": 1e12 if metric % 3 == 2 else 99 - number % 3,
            }
            rule |= (
                {"groupBy": ["host"]} if number < BY_HOST else {"tags": {"host": f"web-{number % hosts:03}.eu-west-1"}}
            )
            answer = session.post(f"{service.address}/api/monitoring/alerts/rules", json=rule, timeout=30)
            answer.raise_for_status()


def say(minute: int, counts: Counts, watch: TickWatch, before: Moment, now: Moment) -> None:
    """A line of figures."""
    requests = sum(counts.statuses.values())
    late = watch.late or [0.0]
    latencies = " | ".join(" ".join(f"{ms:g}" for ms in counts.latency(kind)) for kind in ("fleet", "single", "page"))
    print(
        f"{minute} {requests} {sum(counts.failed().values())} | {latencies} |"
        f" {statistics.median(late):.2f} {max(late):.2f} {watch.missed} {statistics.median(watch.took or [0]):.0f} |"
        f" {now.all_memory():.0f} ({now.memory_by_part()}) | {(now.all_cpu() - before.all_cpu()) / 0.6:.0f} |"
        f" {now.frames} {now.heads} {now.waiting} | {now.database:.1f}",
        flush=True,
    )


def settle(service: Service) -> None:
    """Wait until what was accepted is stored."""
    until = time.monotonic() + CALM
    while not is_drained(service) and time.monotonic() < until:
        time.sleep(1)


def compare(service: Service, counts: Counts, start: int) -> None:
    """What was accepted against what is stored."""
    stored = {}
    for kind, metric in (("fleet", "gauge_0_usage"), ("single", SINGLE)):
        found = service.call(
            "GET",
            "/metrics/query",
            metricType=metric,
            aggregation="count",
            step="1h",
            **{"from": str(start - 3_600_000), "to": str(int(time.time() * 1000) + 3_600_000)},
        )
        stored[kind] = int(sum(value for series in found["series"] for _, value in series["points"]))
    for kind, count in stored.items():
        print(f"{kind}: {counts.of(kind, '202')} accepted, {count} stored")


if __name__ == "__main__":
    main()
