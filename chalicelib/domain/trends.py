"""Trends: how a metric's average changed against the period before, and whether that is more than noise.

The test: both periods are cut into blocks at the same places (local days for a week or longer, 3 hours for days, 5
minutes for an hour), and each block is compared with the block at its place in the other period, which takes the rhythm
of the day and of the week out. A change of less than 2 %, or one with p >= 0.05 by Wilcoxon's signed-rank test over
these pairs, is stable. With fewer than 6 pairs no outcome could be significant: then a change of at least 10 % counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.names import ACTIVE_USERS, THROUGHPUT
from chalicelib.domain.statistics import signed_rank_p

LEAST_PERCENT = 2.0
LEAST_PERCENT_UNTESTED = 10.0
ALPHA = 0.05
LEAST_PAIRS = 6
MORE_IS_BETTER = frozenset({THROUGHPUT, ACTIVE_USERS})


class Direction(StrEnum):
    """Where a metric goes."""

    INCREASING = "increasing"
    DECREASING = "decreasing"
    STABLE = "stable"


class Judgement(StrEnum):
    """What that means."""

    BETTER = "better"
    WORSE = "worse"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Trend:
    """One metric against the period before.

    `change_percent` is a magnitude, None when it was 0 before and is not now, or so little that no number is so large.
    `p_value` is None where there were too few pairs to test.
    """

    metric_type: str
    direction: Direction
    change_percent: float | None
    previous: float
    current: float
    pairs: int
    p_value: float | None

    @property
    def judgement(self) -> Judgement:
        """Whether the change is one to be glad of."""
        if self.direction is Direction.STABLE:
            return Judgement.UNCHANGED
        rises = self.direction is Direction.INCREASING
        return Judgement.BETTER if rises == (self.metric_type in MORE_IS_BETTER) else Judgement.WORSE


def judge_trend(
    metric_type: str,
    previous: float | None,
    current: float | None,
    pairs: Sequence[tuple[float | None, float | None]],
) -> Trend | None:
    """The trend of a metric's averages; None when either period has none. `pairs` = (block before, block now)."""
    if previous is None or current is None:
        return None
    differences = [now - before for before, now in pairs if before is not None and now is not None]
    change = _change_percent(previous, current)
    testable = len(differences) >= LEAST_PAIRS
    p_value = signed_rank_p(differences) if testable else None
    large = change is None or change >= (LEAST_PERCENT if testable else LEAST_PERCENT_UNTESTED)
    if not large or (p_value is not None and p_value >= ALPHA):
        direction = Direction.STABLE
    else:
        direction = Direction.INCREASING if current > previous else Direction.DECREASING
    return Trend(metric_type, direction, change, previous, current, len(differences), p_value)


def _change_percent(previous: float, current: float) -> float | None:
    if not previous:
        return None if current else 0.0
    change = 100 * abs(current - previous) / abs(previous)
    return change if math.isfinite(change) else None
