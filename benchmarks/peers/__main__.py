"""This service beside other stores of metrics, in one run. `python -m benchmarks.peers [ROUNDS]`.

The fleet of benchmarks/fleet.py, 200 hosts x 50 metrics at 10 s, is sent to each as its protocols have it, an hour in
requests of 5,000 samples and 20 minutes in requests of 50; rounds are interleaved, figures are
medians. Stores that are not installed are left out. Three rounds take half an hour; progress goes
to stderr, the tables in Markdown to stdout.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from benchmarks import cpu
from benchmarks.peers.peer import MEAN, MEAN_STEPS, ONE_SERIES, QUANTILE, QUANTILE_STEPS, WEEK
from benchmarks.peers.stores import STORES

ROUNDS = 3
MINUTES = {50: 20, 5_000: 60, 0: 0}  # of the fleet, by samples a request; 0 = the week
SIZES = (50, 5_000)
Rounds = list[dict[str, Any]]
Results = dict[tuple[str, str, int], Rounds]  # by store, protocol, samples a request; 0 = the week


def plan(stores: list[str]) -> Iterator[tuple[str, str, int]]:
    """What one round measures; a flat list of 50 is nobody's way to send."""
    for samples in SIZES:
        for store in stores:
            for protocol in STORES[store]().protocols:
                if (protocol, samples) != ("flat list", 50):
                    yield store, protocol, samples
    for store in stores:
        if store != "graphite":
            yield store, STORES[store]().protocols[0], 0


def measured(store: str, protocol: str, samples: int) -> dict[str, Any]:
    """One measurement, in a process of its own; one that fails is told and left out."""
    command = [sys.executable, "-m", "benchmarks.peers.measure", store, protocol, str(samples)]
    done = subprocess.run([*command, str(MINUTES[samples])], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{store} {protocol} {samples} failed: {done.stderr[-2000:]}", file=sys.stderr, flush=True)
        return {}
    print(
        f"{time.strftime('%H:%M:%S')} {store} {protocol} {samples}: {done.stdout}", end="", file=sys.stderr, flush=True
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def middle(rounds: Rounds, *path: str) -> float | None:
    """The median of a figure, if there is any."""
    found = []
    for each in rounds:
        value: Any = each
        for key in path:
            value = value.get(key) if value else None
        if value is not None:
            found.append(value)
    return cpu.median(found) if found else None


def shown(value: float | None, digits: int = 2) -> str:
    """A cell."""
    return "-" if value is None else f"{value:.{digits}f}"


def table(results: Results) -> Iterator[str]:
    """What recording costs."""
    yield (
        "| | CPU-s per million, requests of 50 | of 5,000 "
        "| bytes a sample | with everything | peak MB, of 50 | of 5,000 |"
    )
    yield "|---|---|---|---|---|---|---|"
    for store, protocol in dict.fromkeys((store, protocol) for store, protocol, samples in results if samples):
        small, large = (results.get((store, protocol, samples), []) for samples in SIZES)
        memory = [middle(each, "memory") for each in (small, large)]
        cells = [
            f"{STORES[store]().name}, {protocol}",
            shown(middle(small, "cpu")),
            shown(middle(large, "cpu")),
            shown(middle(large, "bytes", "samples")),
            shown(middle(large, "bytes", "everything")),
            *(shown(each and each / 1e6, 0) for each in memory),
        ]
        yield f"| {' | '.join(cells)} |"


def queries(results: Results) -> Iterator[str]:
    """Milliseconds of queries: the median latency, and the CPU in brackets."""
    first: dict[str, str] = {}
    for store, protocol, samples in results:
        if samples == SIZES[-1] and store != "graphite":
            first.setdefault(store, protocol)
    yield f"| ms (of CPU) | {' | '.join(STORES[store]().name for store in first)} |"
    yield f"|---{'|---' * len(first)}|"
    for name in (ONE_SERIES, MEAN, QUANTILE, MEAN_STEPS, QUANTILE_STEPS, WEEK):
        cells = [name]
        for store, protocol in first.items():
            rounds = results.get((store, protocol, 0 if name == WEEK else SIZES[-1]), [])
            latency, used = (middle(rounds, "queries", name, figure) for figure in ("latency", "cpu"))
            cells.append(f"{shown(latency, 1)} ({shown(used, 1)})")
        yield f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure in rounds and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    stores = []
    for store, peer in STORES.items():
        remedy = peer().missing()
        if remedy is None:
            stores.append(store)
        else:
            print(f"{peer().name} is not installed and left out: {remedy}")
    results: Results = {}
    for _ in range(rounds):
        for each in plan(stores):
            results.setdefault(each, []).append(measured(*each))
    print(f"{cpu.machine()}; {time.strftime('%Y-%m-%d')}; {rounds} rounds\n")
    print("\n".join([*table(results), "", *queries(results)]))


if __name__ == "__main__":
    main()
