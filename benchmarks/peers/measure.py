"""One measurement of one store, in a process of its own.

`python -m benchmarks.peers.measure STORE PROTOCOL SAMPLES MINUTES`, 0 minutes = a week for one query.
Prints a JSON object: CPU seconds per million samples, bytes a sample at rest, peak memory, queries.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import cpu
from benchmarks.fleet import INTERVAL_MS, Fleet
from benchmarks.peers.peer import WEEK, Peer, Query, Window
from benchmarks.peers.stores import STORES

HOSTS, METRICS, HOUR_MS = 200, 50, 3_600_000
WEEK_STEP_MS = 60_000


def fill(peer: Peer, protocol: str, samples_a_request: int, minutes: int) -> dict[str, Any]:
    """Send an hour that has passed (or the first minutes of it), wait until it is at rest, and ask about it."""
    fleet = Fleet(HOSTS, METRICS)
    begin = (time.time_ns() // 1_000_000 // HOUR_MS - 2) * HOUR_MS
    steps = minutes * 60_000 // INTERVAL_MS
    hosts = samples_a_request // METRICS
    before = peer.cpu()
    for step in range(steps):
        at = begin + step * INTERVAL_MS
        snapshots = list(fleet.snapshots(at))
        bodies = [peer.encode(protocol, snapshots[i : i + hosts]) for i in range(0, HOSTS, hosts)]
        gc.freeze()
        for body in bodies:
            peer.send(protocol, body)
        peer.stepped(step, at)
    peer.settle()
    samples = HOSTS * METRICS * steps
    result: dict[str, Any] = {"cpu": (peer.cpu() - before) / (samples / 1e6), "memory": peer.memory()}
    result["bytes"] = peer.sizes(samples)
    asked = peer.queries(Window(begin, begin + HOUR_MS)) if minutes == 60 else {}
    result["queries"] = {name: timed(peer, query) for name, query in asked.items()}
    return result


def week(peer: Peer, protocol: str) -> dict[str, Any]:
    """Send a week of one metric of all hosts, a sample a minute, and ask for hourly means."""
    fleet = Fleet(HOSTS, 1)
    end = (time.time_ns() // 1_000_000 // HOUR_MS - 1) * HOUR_MS
    begin = end - 168 * HOUR_MS
    bulk: list[dict[str, Any]] = []
    for at in range(begin, end, WEEK_STEP_MS):
        bulk.extend(fleet.snapshots(at))
        if len(bulk) >= 5_000:
            peer.send(protocol, peer.encode(protocol, bulk))
            bulk = []
    peer.send(protocol, peer.encode(protocol, bulk))
    peer.settle()
    query = peer.week(Window(begin, end))
    return {"queries": {} if query is None else {WEEK: timed(peer, query)}}


def timed(peer: Peer, query: Query) -> dict[str, float]:
    """Milliseconds of a query, the median, and of its CPU, the mean; a second at least, after three to warm up."""
    for _ in range(3):
        query()
    taken: list[float] = []
    before = peer.cpu()
    while sum(taken) < 1 or len(taken) < 15:
        begun = time.perf_counter()
        query()
        taken.append(time.perf_counter() - begun)
    used = peer.cpu() - before
    return {"latency": cpu.median(taken) * 1000, "cpu": used / len(taken) * 1000}


def main(store: str, protocol: str, samples_a_request: str, minutes: str) -> None:
    """Measure and print."""
    peer = STORES[store]()
    with tempfile.TemporaryDirectory(prefix="peers-", dir="/var/tmp") as directory:  # a disk, where /tmp may be none
        peer.start(Path(directory))
        try:
            if int(minutes):
                print(json.dumps(fill(peer, protocol, int(samples_a_request), int(minutes))))
            else:
                print(json.dumps(week(peer, protocol)))
        finally:
            peer.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
