"""A report's steps as CSV, one row a step: what a spreadsheet wants."""

from __future__ import annotations

import csv
import io
import re

from chalicelib.domain.instants import to_iso
from chalicelib.domain.reports import FIGURES, Report

# A spreadsheet takes a cell that begins with one of these for a formula, and runs it. Where it cuts cells depends on
# the country: after a semicolon or a tab within a text another cell may begin there.
_FORMULA = re.compile('^(?=[=+\\-@\t\r\n＝＋－＠])|(?<=[;\t\r\n"])(?=[=+\\-@＝＋－＠])')


def report_csv(report: Report) -> str:
    """The steps with their figures, then endpoints and hosts as tables of their own behind an empty line."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(["from", *(name for name, _ in FIGURES.values())])
    for step in report.steps:
        rows.writerow([to_iso(step.begins), *(_number(step.figures.get(metric)) for metric in FIGURES)])
    rows.writerow(["all", *(_number(report.figures.get(metric)) for metric in FIGURES)])
    if report.slowest:
        rows.writerow([])
        rows.writerow(["endpoint", "requests", "averageResponseTime", "p95", "errorRate"])
        for each in report.slowest:
            rows.writerow(
                [
                    safe_cell(each.endpoint),
                    each.requests,
                    _number(each.average),
                    _number(each.p95),
                    _number(each.error_rate),
                ]
            )
    if report.hosts:
        rows.writerow([])
        rows.writerow(["host", "cpuUsage", "cpuUsageP95", "memoryUsage"])
        for host in report.hosts:
            rows.writerow([safe_cell(host.host), _number(host.cpu), _number(host.cpu_p95), _number(host.memory)])
    return out.getvalue()


def safe_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return _FORMULA.sub("'", text)


def _number(value: float | None) -> str:
    """Without data the cell is empty."""
    return "" if value is None else f"{round(value, 4):.10g}"
