"""Suggest: the most sensitive threshold and duration that would have paged rarely enough, with what others cost.

A handful of durations; for each, thresholds between the middle and the end of what was seen, judged by the code that
judges live. A week's pages are few, so what a history shows is held against what it could have shown by chance: the
suggestion is the first whose rate stays within the target even at the upper end of what is likely.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.conditions import Operator
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.rules import Rule
from chalicelib.domain.verdicts import compared_values
from chalicelib.services.backtest import GroupHistory, backtest
from chalicelib.services.trial import AnyHistory, TryRules, grid, plan_on, read_groups
from chalicelib.tsdb.windows import Ints

DURATIONS = (60, 300, 600, 900)
TRIED = 12  # thresholds a duration: bisection finds the edge among far more
MAX_INSTANTS = 20_000
WEEK_MS = 604_800_000
LARGEST = 1e300  # a threshold a little beyond a value is a number, too
_ABOVE = {Operator.GREATER_THAN, Operator.GREATER_THAN_OR_EQUAL, Operator.PERCENT_INCREASE, Operator.PERCENT_DECREASE}
_BELOW = {Operator.LESS_THAN, Operator.LESS_THAN_OR_EQUAL}


@dataclass(frozen=True, slots=True)
class Choice:
    """One threshold and duration (seconds), what it would have cost, and whether that is within the target."""

    threshold: float
    duration: int
    pages_per_week: float
    likely_at_most: float
    minutes_firing: float
    fits: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The choice to take, None when the history is too short to promise anything; and all that were weighed."""

    best: Choice | None
    curve: tuple[Choice, ...]
    weeks: float


class SuggestThreshold:
    """Weighs thresholds."""

    def __init__(self, trials: TryRules, *, tick_ms: int, cooldown_period: int) -> None:
        self._trials = trials
        self._tick_ms = tick_ms
        self._cooldown_period = cooldown_period

    def run(self, rule: Rule, start: int, end: int, *, pages_per_week: float) -> Suggestion:
        """A suggestion from what is stored of [start, end], epoch ms. Raises InvalidInput."""
        return self.on_history(rule, self._trials.history(rule, start, end), start, end, pages_per_week=pages_per_week)

    def on_history(self, rule: Rule, history: AnyHistory, start: int, end: int, *, pages_per_week: float) -> Suggestion:
        """A suggestion from a history. Raises InvalidInput for rules that have no one threshold to suggest."""
        condition = rule.conditions[0]
        if len(rule.conditions) > 1 or condition.operator not in _ABOVE | _BELOW:
            raise InvalidInput(
                "condition: a threshold can be suggested for one condition that looks above or below it.",
                field="condition",
            )
        # Coarser than the grid where the range is long: it is the threshold that is looked for, not the second.
        step = self._tick_ms * max(1, -(-(end - start) // self._tick_ms // MAX_INSTANTS))
        step = history.step(step)
        instants = grid(start, end, step)
        groups = list(read_groups(plan_on(rule, history), history, instants))
        seen = [compared_values(condition, group.readings[0]) for group in groups]
        values = np.concatenate(seen) if seen else np.empty(0)
        values = values[np.abs(values) < LARGEST]
        if not len(values):
            raise InvalidInput("from: there is no data in this range to learn from.", field="from")
        weeks = _weeks(seen, step)
        rises = condition.operator in _ABOVE
        candidates = _candidates(values, rises=rises)
        curve: list[Choice] = []
        for duration in DURATIONS:
            curve += self._weigh(rule, duration, candidates, instants, groups, weeks, pages_per_week)
        fitting = [choice for choice in curve if choice.fits]
        # The one that sees most: of those that fit, the one that would have fired longest.
        best = max(fitting, key=lambda choice: (choice.minutes_firing, -choice.duration), default=None)
        return Suggestion(best, tuple(curve), weeks)

    def _weigh(
        self,
        rule: Rule,
        duration: int,
        candidates: Sequence[float],
        instants: Ints,
        groups: Sequence[GroupHistory],
        weeks: float,
        target: float,
    ) -> list[Choice]:
        """Choices around the edge between too many pages and few enough, by bisection, the most sensitive first."""
        weighed: dict[int, Choice] = {}

        def weigh(place: int) -> Choice:
            if place not in weighed:
                condition = replace(rule.conditions[0], threshold=candidates[place], recovery_threshold=None)
                tried = replace(rule, conditions=(condition,), duration=duration)
                found = backtest(tried, instants, groups, cooldown_period=self._cooldown_period)
                pages = sum(each.pages for each in found)
                most = _likely_at_most(pages) / weeks
                minutes = sum(each.firing_ms for each in found) / 60_000
                weighed[place] = Choice(candidates[place], duration, pages / weeks, most, minutes, fits=most <= target)
            return weighed[place]

        low, high = 0, len(candidates) - 1
        weigh(low)
        weigh(high)
        while high - low > 1 and len(weighed) < TRIED:
            middle = (low + high) // 2
            low, high = (low, middle) if weigh(middle).fits else (middle, high)
        return [weighed[place] for place in sorted(weighed)]


def _candidates(values: NDArray[np.float64], *, rises: bool) -> list[float]:
    """Thresholds from the middle of what was seen to a little beyond its end, rounded as people write them."""
    ordered = np.sort(values if rises else -values)
    shares = 1 - np.geomspace(0.5, 1 / (10 * len(ordered)), 200)
    found = np.quantile(ordered, shares)
    spread = float(ordered[-1] - np.median(ordered)) or abs(float(ordered[-1])) or 1.0
    beyond = ordered[-1] + spread * np.array([0.02, 0.05, 0.1, 0.2, 0.35, 0.5])
    rounded = dict.fromkeys(_round(float(value), spread) for value in (*found, *beyond))
    rising = sorted(rounded)
    return rising if rises else [-value for value in rising]


def _round(value: float, spread: float) -> float:
    """To a hundredth of the spread: more digits would only look exact."""
    digits = 2 - math.floor(math.log10(spread))
    return round(value, min(12, max(-12, digits)))


def _weeks(seen: Sequence[NDArray[np.float64]], step: int) -> float:
    """How much history there really is: the instants at which any group had data, in weeks."""
    covered = np.zeros(len(seen[0]), bool)
    for values in seen:
        covered |= np.isfinite(values)
    return max(float(covered.sum()) * step / WEEK_MS, 1e-9)


def _likely_at_most(count: int) -> float:
    """The highest rate that would still show `count` events or fewer in one case of twenty: a Poisson upper bound.

    Less caution does not do: the best of many thresholds owes some of its good looks to luck.

    Half the chi-square quantile with 2 (count + 1) degrees of freedom, in Wilson and Hilferty's approximation.
    """
    degrees = 2 * (count + 1)
    z = 1.645  # the normal distribution's 95 %
    share = 2 / (9 * degrees)
    return float(degrees * (1 - share + z * math.sqrt(share)) ** 3 / 2)
