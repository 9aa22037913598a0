"""A condition: which aggregated value is compared with what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.fields import Fields
from chalicelib.domain.selectors import Selection
from chalicelib.domain.series import InvalidSample, check_metric_type

MAX_WINDOW = 86_400
MAX_COMPARE_TO = 30 * 86_400
DEFAULT_WINDOW = 60
DEFAULT_COMPARE_TO = 3600
AGGREGATIONS = ("avg", "min", "max", "sum", "count", "last", "stddev", "rate", "increase", "hosts")
_PERCENTILE = re.compile(r"p\d{1,2}(?:\.\d{1,3})?")


class Operator(StrEnum):
    """How a value is compared; percent changes are against the same window `compare_to` seconds earlier."""

    GREATER_THAN = "greater_than"
    GREATER_THAN_OR_EQUAL = "greater_than_or_equal"
    LESS_THAN = "less_than"
    LESS_THAN_OR_EQUAL = "less_than_or_equal"
    EQUAL = "equal"
    NOT_EQUAL = "not_equal"
    OUTSIDE_RANGE = "outside_range"
    PERCENT_INCREASE = "percent_increase"
    PERCENT_DECREASE = "percent_decrease"

    @property
    def is_change(self) -> bool:
        """Whether the value is compared with an earlier one."""
        return self in (Operator.PERCENT_INCREASE, Operator.PERCENT_DECREASE)


# On which side of the threshold a recovery threshold lies; the others have none.
_RECOVERS_BELOW = {Operator.GREATER_THAN, Operator.GREATER_THAN_OR_EQUAL, Operator.PERCENT_INCREASE}
_RECOVERS_BELOW |= {Operator.PERCENT_DECREASE}  # its value is by how many percent it fell
_RECOVERS_ABOVE = {Operator.LESS_THAN, Operator.LESS_THAN_OR_EQUAL}


@dataclass(frozen=True, slots=True)
class Condition:
    """`window` and `compare_to` in seconds. `threshold_high` only for outside_range.

    While an alert fires, `recovery_threshold` takes the threshold's place: `> 90` that recovers at 80 is clear
    only when the value is 80 or less.
    """

    metric_type: str
    operator: Operator
    threshold: float
    threshold_high: float | None = None
    recovery_threshold: float | None = None
    aggregation: str = "avg"
    window: int = DEFAULT_WINDOW
    tags: Selection = ()
    compare_to: int = DEFAULT_COMPARE_TO

    def limit(self, *, firing: bool) -> float:
        """The threshold that counts: while an alert fires the recovery threshold, if there is one."""
        return self.recovery_threshold if firing and self.recovery_threshold is not None else self.threshold

    def judges_the_same(self, other: Condition) -> bool:
        """Whether only thresholds differ, if anything does."""
        return all(
            getattr(self, name) == getattr(other, name)
            for name in ("metric_type", "operator", "aggregation", "window", "tags", "compare_to")
        )


def is_aggregation(name: str) -> bool:
    """Whether a condition may aggregate by it: a name, or a percentile like p95 or p99.9."""
    return name in AGGREGATIONS or _PERCENTILE.fullmatch(name) is not None


def read_condition(fields: Fields) -> Condition:
    """A condition out of its JSON fields; what is wrong is noted in `fields`, whose `finish` raises it."""
    operator = fields.choice("condition", Operator)
    if operator is None and not fields.has("condition"):
        fields.refuse("condition", f"is missing; one of {', '.join(Operator)}")
    threshold = fields.number("threshold")
    if threshold is None and not fields.has("threshold"):
        fields.refuse("threshold", "is missing")
    condition = Condition(
        metric_type=_read_metric_type(fields),
        operator=operator or Operator.GREATER_THAN,
        threshold=threshold or 0.0,
        threshold_high=fields.number("thresholdHigh"),
        recovery_threshold=fields.number("recoveryThreshold"),
        aggregation=fields.text("aggregation", most=20, default="avg"),
        window=fields.whole("window", default=DEFAULT_WINDOW, low=1, high=MAX_WINDOW),
        tags=fields.selection("tags"),
        compare_to=fields.whole("compareTo", default=DEFAULT_COMPARE_TO, low=1, high=MAX_COMPARE_TO),
    )
    if not is_aggregation(condition.aggregation):
        fields.refuse("aggregation", f"must be one of {', '.join(AGGREGATIONS)}, or a percentile like p95")
    if operator is not None and threshold is not None:
        _check_thresholds(fields, condition)
    return condition


def write_condition(condition: Condition) -> dict[str, object]:
    """The JSON fields that `read_condition` reads, all of them that mean something for its operator."""
    written: dict[str, object] = {
        "metricType": condition.metric_type,
        "condition": str(condition.operator),
        "threshold": condition.threshold,
        "aggregation": condition.aggregation,
        "window": condition.window,
        "tags": dict(condition.tags),
    }
    if condition.threshold_high is not None:
        written["thresholdHigh"] = condition.threshold_high
    if condition.recovery_threshold is not None:
        written["recoveryThreshold"] = condition.recovery_threshold
    if condition.operator.is_change:
        written["compareTo"] = condition.compare_to
    return written


def _read_metric_type(fields: Fields) -> str:
    metric_type = fields.text("metricType", most=128)
    if metric_type:
        try:
            check_metric_type(metric_type)
        except InvalidSample as error:
            fields.refuse("metricType", error.reason)
    return metric_type


def _check_thresholds(fields: Fields, condition: Condition) -> None:
    operator, threshold, recovery = condition.operator, condition.threshold, condition.recovery_threshold
    high = condition.threshold_high
    if operator is Operator.OUTSIDE_RANGE:
        if high is None and not fields.has("thresholdHigh"):
            fields.refuse("thresholdHigh", "is missing: outside_range needs both ends")
        elif high is not None and high < threshold:
            fields.refuse("thresholdHigh", "must not be below threshold")
    elif fields.has("thresholdHigh"):
        fields.refuse("thresholdHigh", "belongs to outside_range only")
    if fields.has("compareTo") and not operator.is_change:
        fields.refuse("compareTo", "belongs to percent_increase and percent_decrease only")
    if operator.is_change and threshold < 0:
        fields.refuse("threshold", "must be a percentage from 0 on")
    if recovery is None:
        return
    if operator in _RECOVERS_BELOW and recovery > threshold:
        fields.refuse("recoveryThreshold", "must not be above threshold")
    elif operator in _RECOVERS_ABOVE and recovery < threshold:
        fields.refuse("recoveryThreshold", "must not be below threshold")
    elif operator not in _RECOVERS_BELOW | _RECOVERS_ABOVE:
        fields.refuse("recoveryThreshold", f"has no meaning for {operator}")
