"""The words and numbers that every form of a report shares."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.local_days import local
from chalicelib.domain.names import ACTIVE_USERS
from chalicelib.domain.report_ranges import ReportRange
from chalicelib.domain.reports import FIGURES, Report
from chalicelib.domain.trends import Direction, Trend

LABELS = {
    "response_time": "Response time",
    "error_rate": "Error rate",
    "throughput": "Throughput",
    "active_users": "Active users",
    "system_load": "System load",
    "memory_usage": "Memory",
    "cpu_usage": "CPU",
}
_UNITS = {"ms": " ms", "percent": "%", "requests/s": " req/s", "count": "", "load": ""}
NO_DATA = "no data"


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure with the period before it; `judgement` is better, worse, unchanged, or '' without a comparison."""

    metric_type: str
    label: str
    value: str
    before: str
    change: str
    judgement: str


def figure_rows(report: Report) -> list[FigureRow]:
    """Every figure, in the specification's order."""
    rows = []
    for metric, label in LABELS.items():
        trend = report.trend_of(metric)
        rows.append(
            FigureRow(
                metric,
                label,
                write_figure(metric, report.figures.get(metric)),
                write_figure(metric, report.previous.get(metric)),
                "" if trend is None else write_change(trend),
                "" if trend is None else str(trend.judgement),
            )
        )
    return rows


def write_figure(metric_type: str, value: float | None) -> str:
    """`245.5 ms`, `1.20%`, `1,250`."""
    if value is None:
        return NO_DATA
    unit = _UNITS[FIGURES[metric_type][1]]
    if metric_type == ACTIVE_USERS or abs(value) >= 1000:
        return f"{value:,.0f}{unit}"
    return f"{value:.2f}{unit}" if abs(value) < 10 else f"{value:.1f}{unit}"


def write_scale(metric_type: str, top: float) -> str:
    """What a chart's upper edge stands for: `300 ms`."""
    return f"{top:,g}{_UNITS[FIGURES[metric_type][1]]}"


def write_change(trend: Trend) -> str:
    """`▼ 12.5%`, `▲ from none`, `steady`."""
    if trend.direction is Direction.STABLE:
        return "steady"
    arrow = "▲" if trend.direction is Direction.INCREASING else "▼"
    return f"{arrow} from none" if trend.change_percent is None else f"{arrow} {trend.change_percent:.1f}%"


def write_trend(trend: Trend) -> str:
    """`Response time fell by 12.5% to 245.5 ms (better)`."""
    verb = "rose" if trend.direction is Direction.INCREASING else "fell"
    share = "" if trend.change_percent is None else f" by {trend.change_percent:.1f}%"
    now = write_figure(trend.metric_type, trend.current)
    return f"{LABELS[trend.metric_type]} {verb}{share} to {now} ({trend.judgement})"


def write_moment(instant: int, ranges: ReportRange) -> str:
    """`1 Jan 14:05` in the report's time zone."""
    return f"{local(instant, ranges.zone):%-d %b %H:%M}"


def write_edge(instant: int, ranges: ReportRange) -> str:
    """What stands at the ends of a chart: a day for steps of days, else with the time."""
    moment = local(instant, ranges.zone)
    return f"{moment:%-d %b}" if ranges.step_name == "1d" else f"{moment:%-d %b %H:%M}"


def write_coverage(report: Report) -> str:
    """One sentence on how much of the period has data."""
    percent = report.coverage.percent
    if percent >= 99.95:
        return "The whole period has data."
    gaps = len(report.coverage.gaps)
    if not percent:
        return "Nothing was recorded in this period."
    return f"{percent:.1f}% of the period has data; {gaps} gap{'s' * (gaps != 1)}, shown grey."
