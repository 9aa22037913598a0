"""The reports API: build one now, keep schedules, read what was built on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import settings
from chalicelib.api.endpoint import Answer, Request, Resource
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.scopes import Scope

if TYPE_CHECKING:
    from chalicelib.domain.reports import Report

FORMS = ("json", "html", "csv")
# A page that loads nothing and runs nothing, whatever its figures are called.
_PAGE = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
reports = Resource(__name__)


@reports.endpoint("GET", "/monitoring/reports/performance", scope=Scope.READ)
def performance_report(request: Request) -> Answer:
    """Build the performance report of a period, or of the dates that are given."""
    from chalicelib.domain.report_dates import read_range
    from chalicelib.wiring import reports as wired

    request.refuse_unknown_query("period", "startDate", "endDate", "timezone", "format")
    form = _form(request)
    ranges = read_range(
        request.query("period"),
        request.query("startDate"),
        request.query("endDate"),
        request.query("timezone") or settings.current().timezone,
        request.now,
    )
    return _shown(wired.reporting().build(ranges, request.now), form)


def _form(request: Request) -> str:
    """The form asked for by `format`, or else by Accept: browsers get a page, programs JSON."""
    given = request.query("format")
    if given is not None and given not in FORMS:
        raise InvalidInput(f"format: must be one of {', '.join(FORMS)}.", field="format")
    accepted = request.header("accept")
    return given or next((form for form in ("html", "csv") if f"text/{form}" in accepted), "json")


def _shown(report: Report, form: str) -> Answer:
    if form == "html":
        from chalicelib.rendering.report_page import report_page

        return Answer(report_page(report), headers=dict(_PAGE))
    if form == "csv":
        from chalicelib.rendering.report_csv import report_csv

        return Answer(report_csv(report), headers={"Content-Type": "text/csv; charset=utf-8"})
    from chalicelib.domain.report_form import show_report

    return Answer(show_report(report))
