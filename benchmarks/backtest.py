"""A rule tried on 30 days of 200 hosts at ten seconds: 52 million values. `python -m benchmarks.backtest`.

CPU seconds of judging, stepping and working out what would have been told; making the values is not counted. The
cases differ in how often a value crosses the threshold: that, not the length of the history, is what costs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from chalicelib.domain.conditions import Condition, Operator
from chalicelib.domain.rules import Rule
from chalicelib.domain.verdicts import Readings
from chalicelib.services.backtest import GroupHistory, backtest

HOSTS, INSTANTS, TICK_MS = 200, 30 * 8640, 10_000
CASES = {
    "calm": (2.0, 300, None),
    "noisy": (8.0, 300, None),
    "noisy, with a recovery threshold": (8.0, 300, 80.0),
    "very noisy": (20.0, 300, None),
    "hardly any noise, and no duration: every crossing fires": (0.02, 0, None),
}


@dataclass(slots=True)
class Histories:
    """Days with a rhythm, noise, some excursions and some gaps; `spent` is the CPU it took to make them."""

    instants: np.ndarray[tuple[int], np.dtype[np.int64]]
    noise: float
    spent: float = 0.0

    def __iter__(self) -> Iterator[GroupHistory]:
        random = np.random.default_rng(1)
        for host in range(HOSTS):
            begun = time.process_time()
            values = 60 + 25 * np.sin(self.instants / 86_400_000 * 2 * np.pi + host)
            values += random.normal(0, self.noise, INSTANTS)
            for start in random.integers(0, INSTANTS, 5):
                values[start : start + 200] += 40
            for start in random.integers(0, INSTANTS, 3):
                values[start : start + 50] = np.nan
            self.spent += time.process_time() - begun
            yield GroupHistory((("host", f"host-{host}"),), [Readings(values)])


def main() -> None:
    """Print a line a case."""
    instants = np.arange(INSTANTS, dtype=np.int64) * TICK_MS
    for name, (noise, duration, recovery) in CASES.items():
        condition = Condition("cpu_usage", Operator.GREATER_THAN, 90.0, recovery_threshold=recovery)
        rule = Rule("r", "r", (condition,), duration=duration)
        histories = Histories(instants, noise)
        begun = time.process_time()
        found = backtest(rule, instants, histories, cooldown_period=1800)
        spent = time.process_time() - begun - histories.spent
        firings, dropped = (sum(getattr(each, what) for each in found) for what in ("firings", "dropped"))
        print(f"{name}: {spent:.2f} s CPU, {firings} firings, {dropped} dropped while pending")


if __name__ == "__main__":
    main()
