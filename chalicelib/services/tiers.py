"""Tiers: whether a query reads samples, or rollups and which."""

from __future__ import annotations

from chalicelib.tsdb.aggregate import OF_COUNTERS
from chalicelib.tsdb.rollups import FIVE_MINUTES, HOUR, HOUR_MS

RAW = "raw"
TIERS = {0: RAW, FIVE_MINUTES: "5m", HOUR: "1h"}
EXACT = ("avg", "min", "max", "sum", "count", "last")
# A counter's rise in the first step needs the sample before it.
LOOK_BACK_MS = 300_000
# From here on rollups are read although the samples are there: they say the same, and are far fewer.
LONG_MS = 6 * 3_600_000
VERY_LONG_MS = 2 * 86_400_000


def may_be_rolled(aggregation: str, step: int) -> bool:
    """Whether rollups can tell it: the step (ms) must be made of them."""
    return step % (FIVE_MINUTES * 1000) == 0 and aggregation != "stddev"


def resolution(aggregation: str, start: int, end: int, step: int, *, is_sealed: bool) -> int:
    """The seconds of the rollups to read, 0 for none: the step must be made of them, and there must be a reason.

    `is_sealed` is one: samples of [start, end) have been let go.
    """
    if not may_be_rolled(aggregation, step):
        return 0
    if not is_sealed and not (aggregation in EXACT and end - start > LONG_MS):
        return 0
    of_hours = step % HOUR_MS == 0 and start % HOUR_MS == 0
    return HOUR if of_hours and end - start >= VERY_LONG_MS else FIVE_MINUTES


def look_back(aggregation: str, seconds: int) -> int:
    """How far before the range is read, in ms: counters need the sample before it."""
    return max(LOOK_BACK_MS, seconds * 1000) if aggregation in OF_COUNTERS else 0
