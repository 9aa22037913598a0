"""What a report comes to in one line: the verdict that stands in a mail's subject and on top of the page."""

from __future__ import annotations

from enum import StrEnum

from chalicelib.domain.local_days import local
from chalicelib.domain.reports import Report
from chalicelib.domain.rules import Severity
from chalicelib.domain.trends import Direction, Trend


class Verdict(StrEnum):
    """How things stand."""

    GOOD = "all well"
    NOTES = "worth a look"
    ATTENTION = "needs attention"
    CRITICAL = "critical"
    NO_DATA = "no data"


def verdict_of(report: Report) -> Verdict:
    """By the gravest recommendation; without data there is none."""
    if not report.coverage.percent:
        return Verdict.NO_DATA
    severities = {each.severity for each in report.recommendations}
    if Severity.CRITICAL in severities:
        return Verdict.CRITICAL
    if Severity.HIGH in severities:
        return Verdict.ATTENTION
    return Verdict.NOTES if Severity.MEDIUM in severities else Verdict.GOOD


def title_of(report: Report) -> str:
    """`Weekly report, 1-7 Jan 2024: all well`: fit for a subject line, so one line without control characters."""
    return f"{str(report.range.period).capitalize()} report, {dates_of(report)}: {verdict_of(report)}"


def dates_of(report: Report) -> str:
    """`1-7 Jan 2024`, `1 Jan 2024`, `1 Jan 2024 10:00-11:00`, in the report's time zone."""
    first, last = local(report.range.start, report.range.zone), local(report.range.end - 1, report.range.zone)
    if report.range.whole_days is None:
        behind = local(report.range.end, report.range.zone)
        if first.date() == last.date():
            return f"{first:%-d %b %Y %H:%M}–{behind:%H:%M}"
        return f"{first:%-d %b %Y %H:%M} – {behind:%-d %b %Y %H:%M}"
    if first.date() == last.date():
        return f"{last:%-d %b %Y}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{last:%-d %b %Y}"
    return f"{first:%-d %b}{f' {first.year}' if first.year != last.year else ''} – {last:%-d %b %Y}"


def biggest_changes(report: Report, most: int = 3) -> list[Trend]:
    """The trends that changed most, those that came from nothing first."""
    changed = [trend for trend in report.trends if trend.direction is not Direction.STABLE]
    return sorted(changed, key=lambda trend: -(trend.change_percent if trend.change_percent is not None else 1e9))[
        :most
    ]
