"""The reports API: build one now, keep schedules, read what was built on them."""

from __future__ import annotations

from chalicelib import settings
from chalicelib.api.endpoint import Answer, Request, Resource
from chalicelib.domain.scopes import Scope

reports = Resource(__name__)


@reports.endpoint("GET", "/monitoring/reports/performance", scope=Scope.READ)
def performance_report(request: Request) -> Answer:
    """Build the performance report of a period, or of the dates that are given."""
    from chalicelib.domain.report_dates import read_range
    from chalicelib.domain.report_form import show_report
    from chalicelib.wiring import reports as wired

    request.refuse_unknown_query("period", "startDate", "endDate", "timezone")
    ranges = read_range(
        request.query("period"),
        request.query("startDate"),
        request.query("endDate"),
        request.query("timezone") or settings.current().timezone,
        request.now,
    )
    return Answer(show_report(wired.reporting().build(ranges, request.now)))
