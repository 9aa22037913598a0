"""The one sentence that says what is the matter with an alert."""

from __future__ import annotations

import math
from collections.abc import Mapping

from chalicelib.domain.conditions import Condition, Operator
from chalicelib.domain.quantities import write_quantity, write_span

_WORDS = {
    Operator.GREATER_THAN: "above",
    Operator.GREATER_THAN_OR_EQUAL: "at or above",
    Operator.LESS_THAN: "below",
    Operator.LESS_THAN_OR_EQUAL: "at or below",
    Operator.EQUAL: "equal to",
    Operator.NOT_EQUAL: "other than",
}


def describe(rule_name: str, condition: Condition, value: float | None, unit: str, tags: Mapping[str, str]) -> str:
    """`High Memory Usage on host=web-1: memory_usage is 93.4%, above 90%`; without a value: that there is no data.

    For a percent change `value` is by how many percent it rose or fell.
    """
    where = ", ".join(f"{key}={tags[key]}" for key in sorted(tags))
    head = f"{rule_name} on {where}" if where else rule_name
    return f"{head}: {describe_condition(condition, value, unit)}"


def describe_condition(condition: Condition, value: float | None, unit: str) -> str:
    """`avg memory_usage is 93.4%, above 90%`."""
    name = condition.metric_type if condition.aggregation in ("avg", "last") else _aggregated(condition)
    if value is None or math.isnan(value):
        return f"{condition.metric_type} has sent no data for {write_span(condition.window)}"
    if condition.operator.is_change:
        word = "rose" if condition.operator is Operator.PERCENT_INCREASE else "fell"
        limit = write_quantity(condition.threshold, "percent")
        span = write_span(condition.compare_to)
        return f"{name} {word} by {write_quantity(value, 'percent')} within {span}, more than {limit}"
    shown = write_quantity(value, unit)
    if condition.operator is Operator.OUTSIDE_RANGE and condition.threshold_high is not None:
        low, high = write_quantity(condition.threshold, unit), write_quantity(condition.threshold_high, unit)
        return f"{name} is {shown}, outside {low} to {high}"
    return f"{name} is {shown}, {_WORDS[condition.operator]} {write_quantity(condition.threshold, unit)}"


def _aggregated(condition: Condition) -> str:
    if condition.aggregation == "count":
        return f"the number of {condition.metric_type} samples in {write_span(condition.window)}"
    if condition.aggregation == "hosts":
        return f"the number of hosts that send {condition.metric_type}"
    return f"{condition.aggregation} {condition.metric_type}"
