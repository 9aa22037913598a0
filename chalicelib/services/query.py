"""Query a metric: points at a step, grouped by tags, over all that is stored and all that is not drained yet.

1. One snapshot of the store gives the offset, the marks, the series and the packed samples.
2. Then the stream is read from that offset on: every accepted sample is seen exactly once.
3. Equal times of sampled series collapse, units are converted, and each group is aggregated per step.
4. Where the samples have been let go, or a range is long, rollups stand for the hours that have them; a sample is then
   a rollup of one, so both are aggregated alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.selectors import Selection, exact_tags, selects
from chalicelib.domain.series import Definition, Kind
from chalicelib.domain.units import factor
from chalicelib.services.cells import tabulate
from chalicelib.services.ports.drain import FrameSource
from chalicelib.services.ports.reading import SampleStore, Snapshot
from chalicelib.services.tiers import RAW, TIERS, look_back, may_be_rolled, resolution
from chalicelib.services.undrained import read_undrained
from chalicelib.tsdb.aggregate import Floats
from chalicelib.tsdb.blocks import decode
from chalicelib.tsdb.columns import Columns, join, read_definitions, read_frames
from chalicelib.tsdb.head import unpack_slice
from chalicelib.tsdb.merge import in_order, places_of
from chalicelib.tsdb.points import PointSeries, fill, largest, to_points
from chalicelib.tsdb.rollups import (
    HOUR_MS,
    Rollups,
    concatenate,
    nothing,
    of_samples,
    part_of,
)
from chalicelib.tsdb.wanted import Wanted

MAX_POINTS = 11_000
MAX_SERIES = 10_000
MAX_GROUPS = 1_000
_NICE_SECONDS = (10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400)


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """What is asked: [start, end) and step in ms; `group_by` empty = one series over all, `topk` 0 = all groups."""

    metric_type: str
    start: int
    end: int
    step: int
    aggregation: str = "avg"
    unit: str | None = None
    selection: Selection = ()
    group_by: tuple[str, ...] = ()
    fill: str = "none"
    topk: int = 0


@dataclass(frozen=True, slots=True)
class MetricTable:
    """One value per (group, step), NaN where there is none; `groups` are the values of the tags grouped by."""

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
        self._source = source
        self._store = store

    def run(self, query: MetricQuery) -> MetricAnswer:
        """The points asked for. Raises InvalidInput, saying how to narrow a query that is too large, or Unavailable."""
        return present(query, self.table(query))

    def tag_keys(self, metric_type: str) -> set[str]:
        """Every tag key that a series of this metric type carries. Raises Unavailable."""
        with self._store.snapshot() as snapshot:
            state, marks = snapshot.progress()
            definitions = snapshot.series_of(metric_type)
        definitions |= read_definitions(read_undrained(self._source, state, marks))
        return {key for each in definitions.values() if each.metric_type == metric_type for key, _ in each.tags}

    def table(self, query: MetricQuery) -> MetricTable:
        """The values asked for, before gaps are filled and groups are chosen. Raises InvalidInput or Unavailable."""
        _check(query)
        found, definitions, tier = self._gather(query)
        unit, factors = _units(query, definitions)
        ids, group_of, groups = _group(query, definitions)
        if factors is not None:
            found = found.times_factors(np.array([factors[definitions[i].unit] for i in ids.tolist()]), ids)
        values = tabulate(
            query.aggregation,
            found,
            group_of[places_of(found.ids, ids)],
            len(groups),
            start=query.start,
            end=query.end,
            step=query.step,
        )
        return MetricTable(unit, groups, values, tier)

    def _gather(self, query: MetricQuery) -> tuple[Rollups, dict[int, Definition], str]:
        """What there is of the chosen series in the range, by series and time; the series by id; and the tier."""
        with self._store.snapshot() as snapshot:
            state, marks = snapshot.progress()
            definitions = _chosen(query, snapshot.series_of(query.metric_type, exact_tags(query.selection)))
            seconds = _resolution(query, snapshot) if definitions else 0
            wanted = _wanted(query, definitions, seconds)
            stored, rolled = _stored(query, snapshot, wanted, seconds)
        if frames := read_undrained(self._source, state, marks):
            definitions |= _chosen(query, read_definitions(frames))
            wanted = _wanted(query, definitions, seconds)
            stored.append(wanted.of(read_frames(frames)))
        if len(definitions) > MAX_SERIES:
            raise InvalidInput(
                f"{len(definitions)} series match, {MAX_SERIES} are allowed: narrow by tags.", field="tags"
            )
        is_sampled = np.array([definitions[i].kind is Kind.SAMPLED for i in wanted.ids.tolist()], bool)
        ordered = in_order(join(stored), lambda some: is_sampled[places_of(some, wanted.ids)])
        if not len(rolled):
            return of_samples(ordered), definitions, RAW
        return concatenate([rolled, of_samples(ordered)]), definitions, TIERS[seconds]


def _resolution(query: MetricQuery, snapshot: Snapshot) -> int:
    """The seconds of the rollups to read, 0 for samples."""
    if not may_be_rolled(query.aggregation, query.step):
        return 0
    is_sealed = snapshot.is_sealed(query.metric_type, query.start, query.end)
    return resolution(query.aggregation, query.start, query.end, query.step, is_sealed=is_sealed)


def _wanted(query: MetricQuery, definitions: dict[int, Definition], seconds: int) -> Wanted:
    """All that a query looks at of these series."""
    start = query.start - look_back(query.aggregation, seconds)
    return Wanted(np.array(sorted(definitions), np.int64), start, query.end)


def _stored(query: MetricQuery, snapshot: Snapshot, wanted: Wanted, seconds: int) -> tuple[list[Columns], Rollups]:
    """What PostgreSQL holds: samples in the order of arrival, and rollups for hours that have them, if `seconds`."""
    if not len(wanted.ids):
        return [], nothing()
    rolled, hours = nothing(), []
    if seconds:
        part = part_of(query.aggregation)
        rolled = snapshot.rollups(query.metric_type, seconds, wanted.start, wanted.end, part)
        hours = (np.unique(rolled.times // HOUR_MS) * HOUR_MS).tolist()
        rolled = rolled.where(wanted.has(rolled.ids) & wanted.holds(rolled.times))
    reach = (int(wanted.ids[0]), int(wanted.ids[-1]))
    blocks, slices = snapshot.packed(query.metric_type, wanted.start, wanted.end, reach, but=hours)
    samples = [decode(block, wanted) for block in blocks] + [wanted.of(unpack_slice(each)) for each in slices]
    return [each for each in samples if len(each)], rolled


def present(query: MetricQuery, table: MetricTable) -> MetricAnswer:
    """The table as points, with gaps filled and the largest groups chosen as the query says.

    None is infinite: what is beyond the largest number, as a sum may be, is that number.
    """
    first = query.start - query.start % query.step
    groups, values = table.groups, np.nan_to_num(table.values, nan=np.nan)
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


def _chosen(query: MetricQuery, definitions: dict[int, Definition]) -> dict[int, Definition]:
    return {
        series_id: each
        for series_id, each in definitions.items()
        if each.metric_type == query.metric_type
        and (query.unit is None or factor(each.unit, query.unit) is not None)
        and selects(query.selection, dict(each.tags))
    }


def _check(query: MetricQuery) -> None:
    if query.end <= query.start:
        raise InvalidInput("from: must lie before to.", field="from")
    if (query.end - query.start) / query.step > MAX_POINTS:
        raise InvalidInput(
            f"step: gives more than {MAX_POINTS} points a series; take a longer step or a shorter range.", field="step"
        )


def _units(query: MetricQuery, definitions: dict[int, Definition]) -> tuple[str, dict[str, float] | None]:
    """The answer's unit, and what each recorded unit is to be multiplied with; None when nothing is to be converted.

    Series whose unit does not convert to the one asked for were not chosen; without one, they are an error.
    """
    units = sorted({definition.unit for definition in definitions.values()})
    wanted = query.unit if query.unit is not None else (units[0] if units else "")
    if query.aggregation == "count":
        return "count", None
    if units in ([], [wanted]):
        return wanted, None
    factors = {unit: factor(unit, wanted) for unit in units}
    if None in factors.values():
        recorded = ", ".join(unit or "none" for unit in units)
        raise InvalidInput(f"unit: recorded in {recorded}, which do not convert; name the one you mean.", field="unit")
    return wanted, {unit: by for unit, by in factors.items() if by is not None}


def _group(
    query: MetricQuery, definitions: dict[int, Definition]
) -> tuple[NDArray[np.int64], NDArray[np.intp], list[tuple[str, ...]]]:
    """The series ids ascending, each one's group, and the groups' values of the tags grouped by."""
    ids = np.array(sorted(definitions), np.int64)
    groups: dict[tuple[str, ...], int] = {}
    group_of = np.empty(len(ids), np.intp)
    for place, series_id in enumerate(ids.tolist()):
        tags = dict(definitions[series_id].tags)
        group_of[place] = groups.setdefault(tuple(tags.get(key, "") for key in query.group_by), len(groups))
    if len(groups) > MAX_GROUPS and not query.topk:
        raise InvalidInput(f"{len(groups)} groups, {MAX_GROUPS} are allowed: group by fewer tags.", field="groupBy")
    return ids, group_of, list(groups)
