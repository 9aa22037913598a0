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
from chalicelib.domain.names import (
    ACTIVE_USERS,
    ERROR_RATE,
    RESPONSE_TIME,
    THROUGHPUT,
)
from chalicelib.domain.recommendations import recommend
from chalicelib.domain.report_figures import Coverage, History, coverage, trend_pairs
from chalicelib.domain.report_ranges import ReportRange, cell_width
from chalicelib.domain.reports import (
    FIGURES,
    Report,
    Step,
)
from chalicelib.domain.trends import Trend, judge_trend
from chalicelib.services.ports.queries import Together
from chalicelib.services.ports.reports import ActiveUsers, AlertPages, ReportFacts
from chalicelib.services.report_details import with_details
from chalicelib.services.report_readings import ReportReadings

MAX_ALERTS = 100
MAX_BUSINESS_METRICS = 10


class Reporting:
    """Builds reports."""

    def __init__(self, together: Together, alerts: AlertPages, facts: ReportFacts, users: ActiveUsers) -> None:
        self._together = together
        self._alerts = alerts
        self._facts = facts
        self._users = users

    def build(self, ranges: ReportRange, now: int) -> Report:
        """The report on a range as it is known at `now` (epoch ms). Raises Unavailable."""
        business = self._facts.business_metrics(MAX_BUSINESS_METRICS)
        alerts = self._alerts.page(AlertFilter(fired=(ranges.start, ranges.end)), None, MAX_ALERTS)
        statistics = self._facts.alert_statistics(ranges.start, ranges.end)
        setup = self._facts.setup()
        with self._together.queries() as queries:
            readings = ReportReadings(queries, cell_width(ranges))
            report = self._figures(readings, ranges, now)
            report = replace(report, alerts=tuple(alerts), alert_statistics=statistics, setup=setup)
            if report.coverage.percent:
                report = with_details(report, readings, business, now)
        report = replace(report, notes=(*_nothing_recorded(report.coverage), *readings.notes))
        return replace(report, recommendations=recommend(report))

    def _figures(self, readings: ReportReadings, ranges: ReportRange, now: int) -> Report:
        """The report with its figures, trends, coverage and steps."""
        previous = ranges.before()
        current_cells, covered = self._histories(readings, ranges, now)
        earlier_cells, _ = self._histories(readings, previous, now)
        figures = {name: each.mean() for name, each in current_cells.items()}
        earlier = {name: each.mean() for name, each in earlier_cells.items()}
        for known, of in ((figures, ranges), (earlier, previous)):
            if known[ACTIVE_USERS] is None:
                known[ACTIVE_USERS] = self._users.active_users(of.start, min(of.end, now), now)

        def trend(name: str) -> Trend | None:
            pairs = trend_pairs(earlier_cells[name], current_cells[name], ranges, previous)
            return judge_trend(name, earlier[name], figures[name], pairs)

        return Report(
            range=ranges,
            generated_at=now,
            figures=figures,
            previous=earlier,
            trends=tuple(found for name in FIGURES if (found := trend(name))),
            coverage=covered,
            steps=_steps(ranges, current_cells, now),
        )

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


def _steps(ranges: ReportRange, histories: dict[str, History], now: int) -> tuple[Step, ...]:
    """Each step's averages; steps that have not begun yet are left out."""
    edges = ranges.steps()
    columns = {name: each.means(edges) for name, each in histories.items()}
    return tuple(
        Step(begin, {name: column[place] for name, column in columns.items()})
        for place, begin in enumerate(edges[:-1])
        if begin < now
    )


def _nothing_recorded(covered: Coverage) -> list[str]:
    return [] if covered.percent else ["Nothing was recorded in this period: every figure is null, none is zero."]
