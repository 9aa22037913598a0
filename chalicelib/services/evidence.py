"""Evidence: what a verdict rested on, as it is stored with a transition and explained months later."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any

from chalicelib.domain.conditions import Condition
from chalicelib.domain.episodes import Episode
from chalicelib.domain.rules import Verdict
from chalicelib.domain.verdicts import Readings, compared_values, judge_condition
from chalicelib.services.rule_plan import PlannedRule
from chalicelib.tsdb.windows import Ints

Seen = Sequence[tuple[Readings, Ints]]  # of one group, by condition: see Outlook.readings


def evidence_of(planned: PlannedRule, seen: Seen, *, firing: bool) -> dict[str, Any]:
    """What each condition of a rule saw of one group."""
    rule = planned.rule
    conditions = []
    for place, (condition, (readings, counts)) in enumerate(zip(rule.conditions, seen, strict=True)):
        unit = planned.sources[place][0].unit
        conditions.append(_condition(condition, readings, int(counts[0]), unit, firing=firing))
    return {"match": str(rule.match), "conditions": conditions}


def decisive(planned: PlannedRule, seen: Seen, episode: Episode, *, holds: bool) -> int:
    """The condition that an alert is about: while the rule `holds` the first one breached, else the first one silent.

    Otherwise the one that the alert has been about so far.
    """
    conditions = planned.rule.conditions
    if holds:
        found = [
            judge_condition(condition, readings, firing=False)[0]
            for condition, (readings, _) in zip(conditions, seen, strict=True)
        ]
        for verdict in (Verdict.BREACHED, Verdict.NO_DATA):
            if verdict in found:
                return found.index(verdict)
    known = (episode.metric_type, episode.threshold)
    exact = [place for place, each in enumerate(conditions) if (each.metric_type, each.threshold) == known]
    alike = [place for place, each in enumerate(conditions) if each.metric_type == episode.metric_type]
    return next(iter((*exact, *alike)), 0)


def compared_value(condition: Condition, readings: Readings) -> float | None:
    """What was held against the threshold; None = there was no data."""
    value = float(compared_values(condition, readings)[0])
    return None if math.isnan(value) else value


def _condition(condition: Condition, readings: Readings, samples: int, unit: str, *, firing: bool) -> dict[str, Any]:
    verdict = Verdict(int(judge_condition(condition, readings, firing=firing)[0]))
    shown: dict[str, Any] = {
        "metricType": condition.metric_type,
        "aggregation": condition.aggregation,
        "window": condition.window,
        "tags": dict(condition.tags),
        "condition": str(condition.operator),
        "threshold": condition.limit(firing=firing),
        "value": _number(float(readings.values[0])),
        "unit": unit,
        "samples": samples,
        "verdict": verdict.name.lower(),
    }
    if condition.threshold_high is not None:
        shown["thresholdHigh"] = condition.threshold_high
    if readings.earlier is not None:
        shown |= {"earlier": _number(float(readings.earlier[0])), "compareTo": condition.compare_to}
        shown["change"] = compared_value(condition, readings)
    return shown


def _number(value: float) -> float | None:
    """The value as JSON can hold it: beyond the largest number stands that number."""
    return None if math.isnan(value) else max(-sys.float_info.max, min(value, sys.float_info.max))
