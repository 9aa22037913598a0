"""Reads what a report needs through metric queries: histories in cells, one figure over all, figures by tag."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.names import ERROR_RATE, THROUGHPUT
from chalicelib.domain.report_figures import Floats, History, empty_history
from chalicelib.domain.report_ranges import HOUR, ReportRange
from chalicelib.domain.reports import FIGURES
from chalicelib.services.metric_query import MetricQuery
from chalicelib.services.ports.queries import Queries
from chalicelib.tsdb.points import PointSeries

_ONE_STEP = 10**8 * HOUR  # longer than any instant: the whole range is one step, and one of hours
# Units that convert to the metric's own, but which only recorded samples answer to: nothing is derived for them.
_RECORDED_ONLY = {THROUGHPUT: "1/s", ERROR_RATE: "%"}


class ReportReadings:
    """Reads one range, and others in the same cells.

    A metric that cannot be queried as it is (mixed units, too many series) is left out of the report; `notes` says why.
    """

    def __init__(self, queries: Queries, width: int, notes: list[str] | None = None) -> None:
        self._queries = queries
        self._width = width
        self.notes: list[str] = [] if notes is None else notes

    def in_cells(self, width: int) -> ReportReadings:
        """The same in cells of another width (ms), with the same notes."""
        return ReportReadings(self._queries, width, self.notes)

    def history(self, metric_type: str, ranges: ReportRange) -> History:
        """A metric's averages and number of samples by cell."""
        unit = _RECORDED_ONLY.get(metric_type, FIGURES[metric_type][1])
        return self._history(metric_type, ranges, unit)

    def error_rate(self, requests: History, ranges: ReportRange) -> History:
        """The error rate as recorded, or else derived from error events, each cell weighing as much as its requests."""
        recorded = self.history(ERROR_RATE, ranges)
        derived = self.cells(ERROR_RATE, ranges, "percent", "avg")
        if derived is None or np.array_equal(derived, recorded.values, equal_nan=True):
            return recorded
        known = ~np.isnan(derived)
        return History(requests.first, self._width, derived, np.where(known, requests.weights, 0))

    def throughput(self, requests: History, alive: NDArray[np.bool_], ranges: ReportRange, now: int) -> History:
        """Requests a second as recorded, or else counted, over the cells that are `alive`: those with data of any kind.

        A cell that is not over yet counts as long as it has been.
        """
        recorded = self.history(THROUGHPUT, ranges)
        if recorded.covered().any() or not requests.covered().any():
            return recorded
        begins = requests.begins
        ends = np.minimum(begins + self._width, min(ranges.end, now))
        seconds = np.maximum(ends - np.maximum(begins, ranges.start), 1) / 1000
        rates = np.where(alive, requests.weights / seconds, np.nan)
        return History(requests.first, self._width, rates, np.where(alive, seconds, 0))

    def overall(self, metric_type: str, ranges: ReportRange, aggregation: str, unit: str) -> float | None:
        """One figure over the whole range and all series."""
        found = self._run(MetricQuery(metric_type, ranges.start, ranges.end, _ONE_STEP, aggregation, unit))
        return found[0].points[-1][1] if found else None

    def by_tags(
        self,
        metric_type: str,
        ranges: ReportRange,
        aggregation: str,
        unit: str | None,
        tags: tuple[str, ...],
        most: int,
    ) -> dict[tuple[str, ...], float]:
        """One figure over the whole range for each combination of tags, the `most` highest ones."""
        found = self._run(
            MetricQuery(metric_type, ranges.start, ranges.end, _ONE_STEP, aggregation, unit, group_by=tags, topk=most)
        )
        return {
            tuple(each.tags.get(tag, "") for tag in tags): value
            for each in found
            if (value := each.points[-1][1]) is not None
        }

    def cells_by_tags(
        self, metric_type: str, ranges: ReportRange, unit: str, tags: tuple[str, ...], most: int
    ) -> dict[tuple[str, ...], list[tuple[int, float]]]:
        """(begin, average) of each cell with data for each combination of tags, the `most` highest ones."""
        found = self._run(
            MetricQuery(metric_type, ranges.start, ranges.end, self._width, "avg", unit, group_by=tags, topk=most)
        )
        return {
            tuple(each.tags.get(tag, "") for tag in tags): [
                (begin, value) for begin, value in each.points if value is not None
            ]
            for each in found
        }

    def cells(self, metric_type: str, ranges: ReportRange, unit: str | None, aggregation: str) -> Floats | None:
        """One value a cell, NaN where there is none; None when there is none at all."""
        found = self._run(MetricQuery(metric_type, ranges.start, ranges.end, self._width, aggregation, unit))
        if not found:
            return None
        nothing = empty_history(ranges, self._width)
        cells = nothing.values
        for begin, value in found[0].points:
            if value is not None:
                cells[(begin - nothing.first) // self._width] = value
        return cells

    def _run(self, query: MetricQuery) -> list[PointSeries]:
        try:
            return self._queries.run(query).series
        except InvalidInput as error:
            note = f"{query.metric_type} is not in this report: {error.message}"
            if note not in self.notes:
                self.notes.append(note)
            return []

    def _history(self, metric_type: str, ranges: ReportRange, unit: str) -> History:
        nothing = empty_history(ranges, self._width)
        values = self.cells(metric_type, ranges, unit, "avg")
        if values is None:
            return nothing
        weights = self.cells(metric_type, ranges, unit, "count")
        assert weights is not None  # what has an average has a number
        return History(nothing.first, self._width, values, np.nan_to_num(weights, nan=0.0))
