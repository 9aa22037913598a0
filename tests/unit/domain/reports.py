"""Reports as literals, for tests of what is said of them."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain.report_figures import Coverage
from chalicelib.domain.report_ranges import DAY, Period, ReportRange
from chalicelib.domain.reports import FIGURES, Report, Step
from chalicelib.domain.trends import Trend, judge_trend

JANUARY = 1_704_067_200_000  # 2024-01-01T00:00:00Z
WEEK = ReportRange(Period.WEEKLY, JANUARY, JANUARY + 7 * DAY, ZoneInfo("UTC"))
FULL = Coverage(100.0, (), {}, 7 * 86_400.0)


def trend(metric_type: str, previous: float, current: float) -> Trend:
    """A trend that is no noise."""
    found = judge_trend(metric_type, previous, current, [(previous, current)] * 7)
    assert found is not None
    return found


def report(**given: Any) -> Report:
    """A report on the first week of 2024, known a day later, of which only what is given is remarkable."""
    figures: dict[str, float | None] = dict.fromkeys(FIGURES)
    return Report(
        **{
            "range": WEEK,
            "generated_at": WEEK.end + DAY,
            "figures": figures | given.pop("figures", {}),
            "previous": figures,
            "trends": (),
            "coverage": FULL,
            "steps": (Step(JANUARY, figures),),
        }
        | given
    )
