"""Recommendations: named rules that look at a report and say what to know or do, with what that rests on.

Each rule is a function from a report to what it has to say of it; its name is the recommendation's id. The same report
always gives the same recommendations, the gravest first, at most ten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from chalicelib.domain import recommendation_rules as rules
from chalicelib.domain import recommendation_upkeep as upkeep
from chalicelib.domain.reports import Recommendation, Report
from chalicelib.domain.rules import Severity

MOST = 10
MOST_OF_A_RULE = 3
Rule = Callable[[Report], Iterator[Recommendation]]
# In this order among recommendations of one severity.
RULES: tuple[Rule, ...] = (
    upkeep.no_data,
    rules.error_rate_high,
    rules.disk_filling,
    rules.memory_exhausted,
    rules.cpu_saturated,
    rules.response_time_worsened,
    rules.error_rate_rising,
    upkeep.alerts_reach_nobody,
    upkeep.data_missing,
    rules.endpoint_failing,
    rules.endpoint_slow,
    rules.business_impact,
    upkeep.rule_noisy,
    upkeep.alerts_unacknowledged,
    upkeep.rule_missing,
    rules.response_time_improved,
    rules.error_rate_improved,
    rules.memory_near_limit,
    rules.traffic_changed,
    rules.host_oversized,
)
_GRAVEST_FIRST = sorted(Severity, key=list(Severity).index, reverse=True)


def recommend(report: Report) -> tuple[Recommendation, ...]:
    """The ten gravest things to say about a report."""
    found = [each for rule in RULES for each in islice(rule(report), MOST_OF_A_RULE)]
    return tuple(sorted(found, key=lambda each: _GRAVEST_FIRST.index(each.severity))[:MOST])
