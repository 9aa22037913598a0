"""Readings: what rules read, so that rules which read the same data share one computation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chalicelib.domain.conditions import Condition
from chalicelib.domain.names import ERROR_RATE, RESPONSE_TIME, THROUGHPUT
from chalicelib.domain.rules import Rule
from chalicelib.domain.selectors import Selection


@dataclass(frozen=True, slots=True)
class Reading:
    """One aggregated value per group: of these series, over `window` seconds, `offset` seconds ago."""

    metric_type: str
    tags: Selection
    group_by: tuple[str, ...]
    aggregation: str
    window: int
    offset: int = 0


def reading_of(rule: Rule, condition: Condition) -> Reading:
    """What a condition reads now."""
    return Reading(condition.metric_type, condition.tags, rule.group_by, condition.aggregation, condition.window)


def earlier(reading: Reading, condition: Condition) -> Reading | None:
    """What a percent change is measured against; None for other conditions."""
    return replace(reading, offset=condition.compare_to) if condition.operator.is_change else None


def readings_of(rule: Rule) -> list[Reading]:
    """All that a rule reads."""
    found = []
    for condition in rule.conditions:
        now = reading_of(rule, condition)
        before = earlier(now, condition)
        found += [now] if before is None else [now, before]
    return found


def source_types(metric_type: str) -> tuple[str, ...]:
    """The metric types whose samples a reading needs: error rates and throughput may follow from response times."""
    return (metric_type, RESPONSE_TIME) if metric_type in (ERROR_RATE, THROUGHPUT) else (metric_type,)
