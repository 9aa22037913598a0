"""The reports API: build one now, and read those that were made on schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import settings
from chalicelib.api.endpoint import Answer, Resource
from chalicelib.api.request import Request
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.scopes import Scope
from chalicelib.wiring import reports as wired

if TYPE_CHECKING:
    from chalicelib.domain.reports import Report

FORMS = ("json", "html", "csv")
STORED_FORMS = ("json", "html")
# A page that loads nothing and runs nothing, whatever its figures are called.
_PAGE = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
reports = Resource(__name__)


@reports.endpoint(
    "GET",
    "/monitoring/reports/performance",
    scope=Scope.READ,
    query=("period", "startDate", "endDate", "timezone", "format"),
)
def performance_report(request: Request) -> Answer:
    """Build the performance report of a period, or of the dates that are given."""
    from chalicelib.domain.report_dates import read_range

    form = _form(request, FORMS)
    ranges = read_range(
        request.query("period"),
        request.query("startDate"),
        request.query("endDate"),
        request.query("timezone") or settings.current().timezone,
        request.now,
    )
    return _shown(wired.reporting().build(ranges, request.now), form)


@reports.endpoint("GET", "/monitoring/reports", scope=Scope.READ, query=("after",))
def list_reports(request: Request) -> Answer:
    """List the reports that were made on schedules, the newest first."""
    from chalicelib.domain.stored_reports import show_stored

    page, following = wired.stored_reports().page(request.query("after"))
    return Answer({"reports": [show_stored(each) for each in page], "next": following})


@reports.endpoint("GET", "/monitoring/reports/{report_id}", scope=Scope.READ, query=("format",))
def get_report(request: Request, report_id: str) -> Answer:
    """Read a report that was made on a schedule, as it was when it was made."""
    from chalicelib.domain.stored_reports import show_stored

    form = _form(request, STORED_FORMS)
    found = wired.stored_reports().get(report_id)
    if form == "html":
        return Answer(found.page, headers=dict(_PAGE))
    return Answer(dict(found.document) | show_stored(found))


def _form(request: Request, known: tuple[str, ...]) -> str:
    """The form asked for by `format`, or else by Accept: browsers get a page, programs JSON."""
    given = request.query("format")
    if given is not None and given not in known:
        raise InvalidInput(f"format: must be one of {', '.join(known)}.", field="format")
    accepted = request.header("accept")
    return given or next((form for form in known if f"text/{form}" in accepted), "json")


def _shown(report: Report, form: str) -> Answer:
    if form == "html":
        from chalicelib.rendering.report_page import report_page

        return Answer(report_page(report), headers=dict(_PAGE))
    if form == "csv":
        from chalicelib.rendering.report_csv import report_csv

        return Answer(report_csv(report), headers={"Content-Type": "text/csv; charset=utf-8"})
    from chalicelib.domain.report_form import show_report

    return Answer(show_report(report))
