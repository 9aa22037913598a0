"""Query a metric: points at a step, grouped by tags, over all that is stored and all that is not drained yet.

1. The series are chosen and what is stored and accepted of them is gathered, each sample once: see gather.py.
2. Units are converted, and each group is aggregated per step.
3. Where the samples have been let go, or a range is long, rollups stand for the hours that have them; a sample is then
   a rollup of one, so both are aggregated alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chalicelib.domain.errors import InvalidInput
from chalicelib.services.cells import tabulate, tabulate_samples
from chalicelib.services.gather import Gather, Gathered
from chalicelib.services.metric_query import MetricQuery
from chalicelib.services.ports.drain import FrameSource
from chalicelib.services.ports.reading import SampleStore
from chalicelib.services.tiers import RAW, TIERS
from chalicelib.tsdb.aggregate import OF_COUNTERS, Floats
from chalicelib.tsdb.merge import places_of
from chalicelib.tsdb.points import PointSeries, fill, largest, to_points
from chalicelib.tsdb.rolled_hours import hours_of
from chalicelib.tsdb.rollups import HOUR_MS, concatenate, of_samples

MAX_POINTS = 11_000
_NICE_SECONDS = (10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400)


@dataclass(frozen=True, slots=True)
class MetricTable:
    """One value per (group, step), NaN where there is none.

    `groups` are the values of the tags grouped by, in the order in which they are told.
    """

    unit: str
    groups: list[tuple[str, ...]]
    values: Floats
    tier: str = RAW


@dataclass(frozen=True, slots=True)
class MetricAnswer:
    """What a query found."""

    unit: str
    series: list[PointSeries]
    tier: str = RAW


def automatic_step(start: int, end: int) -> int:
    """The shortest of the usual steps that keeps a range at 400 points or fewer."""
    return next((1000 * s for s in _NICE_SECONDS if 400_000 * s >= end - start), 1000 * _NICE_SECONDS[-1])


class QueryMetrics:
    """Answers queries."""

    def __init__(self, source: FrameSource, store: SampleStore) -> None:
        self._gather = Gather(source, store)

    def run(self, query: MetricQuery) -> MetricAnswer:
        """The points asked for. Raises InvalidInput, saying how to narrow a query that is too large, or Unavailable."""
        return present(query, self.table(query))

    def tag_keys(self, metric_type: str) -> set[str]:
        """Every tag key that a series of this metric type carries. Raises Unavailable."""
        return self._gather.tag_keys(metric_type)

    def table(self, query: MetricQuery) -> MetricTable:
        """The values asked for, before gaps are filled and groups are chosen. Raises InvalidInput or Unavailable."""
        _check(query)
        found = self._gather.run(query)
        choice, span = found.choice, {"start": query.start, "end": query.end, "step": query.step}
        if len(found.rolled):
            tier, values = TIERS[found.seconds], _of_rollups(query, found, span)
        else:
            tier, samples, rows = RAW, found.samples, np.searchsorted(choice.ids, found.samples.ids)
            if choice.factors is not None:
                samples = samples.times_factors(choice.factors[rows])
            values = tabulate_samples(query.aggregation, samples, choice.group_of[rows], len(choice.groups), **span)
        return MetricTable(choice.unit, [choice.groups[each] for each in choice.order], values[choice.order], tier)


def _of_rollups(query: MetricQuery, found: Gathered, span: dict[str, int]) -> Floats:
    choice = found.choice
    samples = found.samples.columns()
    if query.aggregation in OF_COUNTERS:
        # A late sample lies among those that a rollup has the last of: beside it, it would read as a reset.
        samples = samples.where(~np.isin(samples.times // HOUR_MS * HOUR_MS, hours_of(found.rolled.times)))
    rollups = concatenate([found.rolled, of_samples(samples)])
    if choice.factors is not None:
        rollups = rollups.times_factors(choice.factors, choice.ids)
    group_of = choice.group_of[places_of(rollups.ids, choice.ids)]
    return tabulate(query.aggregation, rollups, group_of, len(choice.groups), **span)


def present(query: MetricQuery, table: MetricTable) -> MetricAnswer:
    """The table as points, with gaps filled and the largest groups chosen as the query says.

    None is infinite: what is beyond the largest number, as a sum may be, is that number.
    """
    first = query.start - query.start % query.step
    groups, values = table.groups, table.values
    if np.isinf(values).any():
        values = np.nan_to_num(values, nan=np.nan)
    if query.topk and len(groups) > query.topk:
        # Only the highest averages are told: the others need not become points first.
        counts = np.maximum((~np.isnan(values)).sum(axis=1), 1)
        averages = np.where(np.isnan(values).all(axis=1), -np.inf, np.nansum(values, axis=1) / counts)
        highest = np.argsort(-averages, kind="stable")[: query.topk]
        groups, values = [groups[place] for place in highest.tolist()], values[highest]
    tags = [dict(zip(query.group_by, group, strict=True)) for group in groups]
    values = fill(query.fill, values)
    series = to_points(values, tags, first, query.step, with_gaps=query.fill != "none")
    return MetricAnswer(table.unit, largest(series, query.topk), table.tier)


def _check(query: MetricQuery) -> None:
    if query.end <= query.start:
        raise InvalidInput("from: must lie before to.", field="from")
    if (query.end - query.start) / query.step > MAX_POINTS:
        raise InvalidInput(
            f"step: gives more than {MAX_POINTS} points a series; take a longer step or a shorter range.", field="step"
        )
