"""Query a metric: points at a step, grouped by tags, over all that is stored and all that is not drained yet.

1. One snapshot of the store gives the offset, the marks, the series and the packed samples.
2. Then the stream is read from that offset on: every accepted sample is seen exactly once.
3. Equal times of sampled series collapse, the series are grouped, and each group is aggregated per step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.matchers import Matcher, all_match
from chalicelib.domain.series import Definition, Kind
from chalicelib.services.ports import FrameSource, SampleStore
from chalicelib.services.undrained import read_undrained
from chalicelib.tsdb.aggregate import aggregate
from chalicelib.tsdb.blocks import decode
from chalicelib.tsdb.columns import EMPTY, Columns, join, read_definitions, read_frames, unpack
from chalicelib.tsdb.merge import in_order

MAX_POINTS = 11_000
MAX_SERIES = 10_000
MAX_GROUPS = 1_000
_NICE_STEPS_MS = tuple(1000 * s for s in (10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400))


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """What is asked: [start, end) and step in epoch ms; `group_by` empty = one series over all."""

    metric_type: str
    start: int
    end: int
    step: int
    aggregation: str = "avg"
    unit: str | None = None
    matchers: Sequence[Matcher] = ()
    group_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PointSeries:
    """One group's points: (epoch ms of the step's begin, value), only where there were samples."""

    tags: dict[str, str]
    points: list[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class MetricAnswer:
    """What a query found."""

    unit: str
    series: list[PointSeries] = field(default_factory=list)


def automatic_step(start: int, end: int) -> int:
    """The shortest of the usual steps that keeps a range under 400 points."""
    wanted = (end - start) / 400
    return next((step for step in _NICE_STEPS_MS if step >= wanted), _NICE_STEPS_MS[-1])


class QueryMetrics:
    """Answers queries."""

    def __init__(self, source: FrameSource, store: SampleStore) -> None:
        self._source = source
        self._store = store

    def run(self, query: MetricQuery) -> MetricAnswer:
        """The points asked for. Raises InvalidInput, saying how to narrow a query that is too large, or Unavailable."""
        _check(query)
        samples, definitions = self._gather(query)
        chosen = {
            series_id: definition for series_id, definition in definitions.items() if _is_chosen(query, definition)
        }
        unit = _unit(query, chosen)
        if len(chosen) > MAX_SERIES:
            raise InvalidInput(
                f"{len(chosen)} series match, {MAX_SERIES} are allowed: narrow them by tags.", field="tags"
            )
        groups: dict[tuple[str, ...], int] = {}
        ids = np.array(sorted(chosen), np.int64)
        group_of = np.empty(len(ids), np.intp)
        is_sampled = np.empty(len(ids), bool)
        for place, series_id in enumerate(ids.tolist()):
            definition = chosen[series_id]
            tags = dict(definition.tags)
            group_of[place] = groups.setdefault(tuple(tags.get(key, "") for key in query.group_by), len(groups))
            is_sampled[place] = definition.kind is Kind.SAMPLED
        if len(groups) > MAX_GROUPS:
            raise InvalidInput(f"{len(groups)} groups, {MAX_GROUPS} are allowed: group by fewer tags.", field="groupBy")
        wanted = np.isin(samples.ids, ids) & (samples.times >= query.start) & (samples.times < query.end)
        samples = samples.where(wanted)
        samples = in_order(samples, is_sampled[np.searchsorted(ids, samples.ids)])
        if query.aggregation == "last":
            samples = samples.where(np.argsort(samples.times, kind="stable"))
        first = query.start - query.start % query.step
        count = -((first - query.end) // query.step)
        table = aggregate(
            query.aggregation,
            samples.values,
            group_of[np.searchsorted(ids, samples.ids)],
            (samples.times - first) // query.step,
            (len(groups), count),
        )
        series = []
        for key, row in groups.items():
            found = np.flatnonzero(~np.isnan(table[row]))
            times = first + found * query.step
            points = list(zip(times.tolist(), table[row][found].tolist(), strict=True))
            if points:
                series.append(PointSeries(dict(zip(query.group_by, key, strict=True)), points))
        return MetricAnswer(unit, sorted(series, key=lambda each: sorted(each.tags.items())))

    def _gather(self, query: MetricQuery) -> tuple[Columns, dict[int, Definition]]:
        with self._store.snapshot() as snapshot:
            state, marks = snapshot.progress()
            definitions = snapshot.series_of(query.metric_type)
            chosen = [series_id for series_id, definition in definitions.items() if _is_chosen(query, definition)]
            parts = []
            if chosen:
                reach = (min(chosen), max(chosen))
                blocks = snapshot.blocks(query.metric_type, query.start, query.end, reach)
                parts = [decode(payload) for payload in blocks]
                parts += map(unpack, snapshot.payloads(query.metric_type, query.start, query.end))
        frames = read_undrained(self._source, state, marks)
        for series_id, definition in read_definitions(frames).items():
            if definition.metric_type == query.metric_type:
                definitions.setdefault(series_id, definition)
        return join([*parts, read_frames(frames)]) if parts or frames else EMPTY, definitions


def _is_chosen(query: MetricQuery, definition: Definition) -> bool:
    return all_match(query.matchers, dict(definition.tags)) and query.unit in (None, definition.unit)


def _check(query: MetricQuery) -> None:
    if query.end <= query.start:
        raise InvalidInput("from: must lie before to.", field="from")
    if (query.end - query.start) / query.step > MAX_POINTS:
        raise InvalidInput(
            f"step: gives more than {MAX_POINTS} points a series; take a longer step or a shorter range.", field="step"
        )


def _unit(query: MetricQuery, chosen: dict[int, Definition]) -> str:
    units = sorted({definition.unit for definition in chosen.values()})
    if len(units) > 1:
        raise InvalidInput(f"unit: recorded in several units ({', '.join(units)}); name one.", field="unit")
    return units[0] if units else query.unit or ""
