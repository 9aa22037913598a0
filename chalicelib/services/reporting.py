"""Build a performance report: what happened in a range, against the period before, and what to do about it.

1. Each metric as cells (5 minutes or an hour) of the range and of the period before it: averages with their weights.
2. From these: figures, steps, trends, coverage. One more query each for percentiles, endpoints, hosts and disks.
3. Business metrics against performance, bucket by bucket.
4. Alerts and their statistics; recommendations from all that was found.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chalicelib.domain.alert_form import AlertFilter
from chalicelib.domain.alerts import State
from chalicelib.domain.forecasts import forecast_disk
from chalicelib.domain.impact import find_impacts
from chalicelib.domain.names import (
    ACTIVE_USERS,
    CPU_USAGE,
    DISK_USAGE,
    ERROR_RATE,
    MEMORY_USAGE,
    RESPONSE_TIME,
    THROUGHPUT,
)
from chalicelib.domain.recommendations import recommend
from chalicelib.domain.report_figures import Coverage, Floats, History, coverage, trend_pairs
from chalicelib.domain.report_ranges import DAY, HOUR, MINUTE, ReportRange, cell_width
from chalicelib.domain.reports import (
    FIGURES,
    EndpointFigures,
    Forecast,
    HostFigures,
    Impact,
    Report,
    ResponseTimes,
    Step,
)
from chalicelib.domain.trends import judge_trend
from chalicelib.services.ports.reports import ActiveUsers, AlertPages, Queries, ReportFacts
from chalicelib.services.report_readings import ReportReadings

MAX_ALERTS = 100
MAX_PLACES = 200
MAX_BUSINESS_METRICS = 10
SHOWN_PLACES = 10
_FORECAST_FROM_MS = 14 * DAY
_SHORTEST_FOR_IMPACT_MS = 6 * HOUR


class Reporting:
    """Builds reports."""

    def __init__(
        self, queries: Queries, alerts: AlertPages, facts: ReportFacts, users: ActiveUsers | None = None
    ) -> None:
        self._queries = queries
        self._alerts = alerts
        self._facts = facts
        self._users = users

    def build(self, ranges: ReportRange, now: int) -> Report:
        """The report on a range as it is known at `now` (epoch ms). Raises Unavailable."""
        readings = ReportReadings(self._queries, cell_width(ranges))
        previous = ranges.before()
        current_cells, covered = self._histories(readings, ranges, now)
        earlier_cells, _ = self._histories(readings, previous, now)
        figures = {name: each.mean() for name, each in current_cells.items()}
        earlier = {name: each.mean() for name, each in earlier_cells.items()}
        for known, of in ((figures, ranges), (earlier, previous)):
            if known[ACTIVE_USERS] is None and self._users is not None:
                known[ACTIVE_USERS] = self._users.active_users(of.start, min(of.end, now))
        report = Report(
            range=ranges,
            generated_at=now,
            figures=figures,
            previous=earlier,
            trends=tuple(
                trend
                for name in FIGURES
                if (
                    trend := judge_trend(
                        name,
                        earlier[name],
                        figures[name],
                        trend_pairs(earlier_cells[name], current_cells[name], ranges, previous),
                    )
                )
            ),
            coverage=covered,
            steps=_steps(ranges, current_cells, now),
            alerts=tuple(self._alerts.page(_fired_within(ranges), None, MAX_ALERTS)),
            alert_statistics=self._facts.alert_statistics(ranges.start, ranges.end),
            setup=self._facts.setup(),
        )
        if covered.percent:
            report = self._with_details(report, readings, now)
        report = replace(report, notes=(*_nothing_recorded(covered), *readings.notes))
        return replace(report, recommendations=recommend(report))

    def _histories(
        self, readings: ReportReadings, ranges: ReportRange, now: int
    ) -> tuple[dict[str, History], Coverage]:
        """Every figure's history, in the order of FIGURES, and what they cover."""
        found = {name: readings.history(name, ranges) for name in FIGURES if name not in (ERROR_RATE, THROUGHPUT)}
        requests = found[RESPONSE_TIME]
        found[ERROR_RATE] = readings.error_rate(requests, ranges)
        alive = np.logical_or.reduce([each.covered() for each in found.values()])
        found[THROUGHPUT] = readings.throughput(requests, alive, ranges, now)
        histories = {name: found[name] for name in FIGURES}
        measured = coverage(histories, ranges, now)
        if not requests.covered().any():
            return histories, measured
        # Counted throughput holds wherever anything was recorded: its own coverage is that of the requests.
        by_metric = measured.by_metric | {THROUGHPUT: measured.by_metric[RESPONSE_TIME]}
        return histories, replace(measured, by_metric=by_metric)

    def _with_details(self, report: Report, readings: ReportReadings, now: int) -> Report:
        ranges = report.range
        slowest, failing = _endpoints(readings, ranges)
        return replace(
            report,
            response_times=ResponseTimes(
                p50=readings.overall(RESPONSE_TIME, ranges, "p50", "ms"),
                p95=readings.overall(RESPONSE_TIME, ranges, "p95", "ms"),
                p99=readings.overall(RESPONSE_TIME, ranges, "p99", "ms"),
            ),
            slowest=slowest,
            failing=failing,
            hosts=_hosts(readings, ranges),
            forecasts=self._forecasts(ranges, now),
            impacts=self._impacts(ranges, readings.notes),
        )

    def _forecasts(self, ranges: ReportRange, now: int) -> tuple[Forecast, ...]:
        """When disks will be full, the first one first; looks back two weeks also in the report of a day."""
        end = min(ranges.end, now)
        seen = replace(ranges, start=min(ranges.start, end - _FORECAST_FROM_MS), end=end)
        disks = ReportReadings(self._queries, HOUR).cells_by_tags(
            DISK_USAGE, seen, "percent", ("host", "mount"), MAX_PLACES
        )
        found = [forecast_disk(host, mount, cells, end) for (host, mount), cells in disks.items()]
        return tuple(sorted(filter(None, found), key=lambda each: (each.days, each.host, each.mount)))[:SHOWN_PLACES]

    def _impacts(self, ranges: ReportRange, notes: list[str]) -> tuple[Impact, ...]:
        if ranges.end - ranges.start < _SHORTEST_FOR_IMPACT_MS:
            return ()
        names = self._facts.business_metrics(MAX_BUSINESS_METRICS)
        if not names:
            return ()
        width = 15 * MINUTE if ranges.end - ranges.start <= 8 * DAY else HOUR
        readings = ReportReadings(self._queries, width)
        performance = {
            "p95 response time": readings.cells(RESPONSE_TIME, ranges, "ms", "p95"),
            "error rate": readings.cells(ERROR_RATE, ranges, "percent", "avg"),
            "CPU usage": readings.cells(CPU_USAGE, ranges, "percent", "avg"),
        }
        business = {name: readings.cells(name, ranges, None, "sum") for name in names}
        notes += [note for note in readings.notes if note not in notes]
        return find_impacts(_present(performance), _counted(business), width)


def _steps(ranges: ReportRange, histories: dict[str, History], now: int) -> tuple[Step, ...]:
    """Each step's averages; steps that have not begun yet are left out."""
    edges = ranges.steps()
    columns = {name: each.means(edges) for name, each in histories.items()}
    return tuple(
        Step(begin, {name: column[place] for name, column in columns.items()})
        for place, begin in enumerate(edges[:-1])
        if begin < now
    )


def _endpoints(
    readings: ReportReadings, ranges: ReportRange
) -> tuple[tuple[EndpointFigures, ...], tuple[EndpointFigures, ...]]:
    """The slowest endpoints by their 95th percentile, and those that fail most; of those asked most often."""
    tags = ("endpoint",)
    counts = readings.by_tags(RESPONSE_TIME, ranges, "count", "ms", tags, MAX_PLACES)
    averages = readings.by_tags(RESPONSE_TIME, ranges, "avg", "ms", tags, 10_000)
    slow = readings.by_tags(RESPONSE_TIME, ranges, "p95", "ms", tags, 10_000)
    rates = readings.by_tags(ERROR_RATE, ranges, "avg", "percent", tags, 10_000)
    found = [
        EndpointFigures(key[0], round(count), averages[key], slow[key], rates.get(key))
        for key, count in counts.items()
        if key[0]
    ]
    # A handful of requests says little: an endpoint needs a hundredth of what the one asked most often gets.
    busiest = max((each.requests for each in found), default=0)
    found = [each for each in found if each.requests * 100 >= busiest]
    slowest = sorted(found, key=lambda each: (-each.p95, each.endpoint))[:SHOWN_PLACES]
    failing = sorted(
        (each for each in found if each.error_rate), key=lambda each: (-(each.error_rate or 0), each.endpoint)
    )
    return tuple(slowest), tuple(failing[:SHOWN_PLACES])


def _hosts(readings: ReportReadings, ranges: ReportRange) -> tuple[HostFigures, ...]:
    """Hosts, the busiest first."""
    tags = ("host",)
    cpu = readings.by_tags(CPU_USAGE, ranges, "avg", "percent", tags, MAX_PLACES)
    peaks = readings.by_tags(CPU_USAGE, ranges, "p95", "percent", tags, 10_000)
    memory = readings.by_tags(MEMORY_USAGE, ranges, "avg", "percent", tags, MAX_PLACES)
    found = [HostFigures(key[0], cpu.get(key), peaks.get(key), memory.get(key)) for key in {**cpu, **memory} if key[0]]
    return tuple(sorted(found, key=lambda each: (-(each.cpu or 0), each.host)))


def _present(cells: dict[str, Floats | None]) -> dict[str, Floats]:
    return {name: each for name, each in cells.items() if each is not None}


def _counted(cells: dict[str, Floats | None]) -> dict[str, Floats]:
    """Nothing counted in a bucket is zero there."""
    return {name: np.nan_to_num(each, nan=0.0) for name, each in cells.items() if each is not None}


def _fired_within(ranges: ReportRange) -> AlertFilter:
    return AlertFilter(states=(State.FIRING, State.RESOLVED), start=ranges.start, end=ranges.end)


def _nothing_recorded(covered: Coverage) -> list[str]:
    return [] if covered.percent else ["Nothing was recorded in this period: every figure is null, none is zero."]
