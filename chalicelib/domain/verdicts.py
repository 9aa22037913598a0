"""Verdicts: aggregated values against a rule's conditions, many groups or instants at once.

NaN is no data, in values and in the earlier values that a percent change is measured against.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.conditions import Condition, Operator
from chalicelib.domain.rules import Match, Rule, Verdict

Floats = NDArray[np.float64]
Verdicts = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Readings:
    """One condition's aggregated values, and the same window's earlier ones where it compares with those."""

    values: Floats
    earlier: Floats | None = None


_COMPARE: dict[Operator, Callable[[Floats, float | Floats], NDArray[np.bool_]]] = {
    Operator.GREATER_THAN: np.greater,
    Operator.GREATER_THAN_OR_EQUAL: np.greater_equal,
    Operator.LESS_THAN: np.less,
    Operator.LESS_THAN_OR_EQUAL: np.less_equal,
    Operator.EQUAL: np.equal,
    Operator.NOT_EQUAL: np.not_equal,
    Operator.PERCENT_INCREASE: np.greater,
    Operator.PERCENT_DECREASE: np.greater,
}


def judge(rule: Rule, readings: Sequence[Readings], *, firing: bool) -> Verdicts:
    """The verdict at each place; `readings` in the order of the rule's conditions, all of one shape.

    While an alert is firing, recovery thresholds take the thresholds' places. With `all`, one condition that is clear
    makes the verdict clear whatever the others lack; with `any`, one that is breached makes it breached.
    """
    each = [
        judge_condition(condition, reading, firing=firing)
        for condition, reading in zip(rule.conditions, readings, strict=True)
    ]
    if len(each) == 1:
        return each[0]
    join = np.minimum if rule.match is Match.ALL else np.maximum
    joined: Verdicts = join.reduce(each)
    return joined


def judge_condition(condition: Condition, readings: Readings, *, firing: bool) -> Verdicts:
    """One condition's verdict at each place."""
    values = compared_values(condition, readings)
    threshold = condition.limit(firing=firing)
    high = threshold if condition.threshold_high is None else condition.threshold_high
    breached = compare(condition.operator, values, threshold, high)
    verdicts: Verdicts = np.asarray(breached).astype(np.int8) * np.int8(Verdict.BREACHED)
    verdicts = np.asarray(verdicts)
    verdicts[np.isnan(values)] = Verdict.NO_DATA
    return verdicts


def compare(operator: Operator, values: Floats, threshold: float | Floats, high: float | Floats) -> NDArray[np.bool_]:
    """Where the condition holds; never for NaN. Thresholds may differ from place to place."""
    if operator is Operator.OUTSIDE_RANGE:
        outside: NDArray[np.bool_] = (values < threshold) | (values > high)
        return outside
    holds: NDArray[np.bool_] = np.asarray(_COMPARE[operator](values, threshold))
    return holds & ~np.isnan(values) if operator is Operator.NOT_EQUAL else holds


def compared_values(condition: Condition, readings: Readings) -> Floats:
    """What is held against the threshold: the values, or by how many percent they rose (or fell).

    A change from 0 is no data: there is no percentage of nothing. None is infinite, as JSON has no such number: what is
    beyond the largest one is that one.
    """
    values = np.asarray(readings.values, np.float64)
    if not condition.operator.is_change:
        return np.nan_to_num(values, nan=np.nan)
    if readings.earlier is None:
        raise ValueError(f"{condition.operator} needs earlier values")
    earlier = np.asarray(readings.earlier, np.float64)
    base = np.where(earlier == 0, np.nan, np.abs(earlier))
    with np.errstate(invalid="ignore", over="ignore"):
        changes: Floats = np.nan_to_num((values - earlier) / base * 100, nan=np.nan)
    return -changes if condition.operator is Operator.PERCENT_DECREASE else changes
