"""Queries answer what plain Python computes over all samples, wherever these are: in blocks, in heads or in frames."""

from __future__ import annotations

import contextlib
import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.series import NO_TAGS, Definition, Kind
from chalicelib.services.metric_query import MetricQuery
from chalicelib.services.ports.drain import FrameSource
from chalicelib.services.ports.reading import SampleStore
from chalicelib.services.query import QueryMetrics
from chalicelib.tsdb.blocks import encode
from chalicelib.tsdb.columns import Columns
from chalicelib.tsdb.frame import FrameBuilder
from chalicelib.tsdb.head import pack_slice
from chalicelib.tsdb.merge import in_order
from chalicelib.tsdb.progress import DrainState
from chalicelib.tsdb.stored import CatalogueMark, Stored

BEGIN = 1_800_000_000_000
STEP = 30_000
SERIES = sorted(
    (
        Definition("load", "", kind, (("host", host), ("zone", zone)))
        for kind, host, zone in [
            (Kind.SAMPLED, "a", "x"),
            (Kind.SAMPLED, "b", "x"),
            (Kind.SAMPLED, "c", "y"),
            (Kind.EVENT, "a", "x"),
            (Kind.EVENT, "d", "y"),
        ]
    ),
    key=lambda each: each.series_id,
)
IDS = {each.series_id: each for each in SERIES}
Sample = tuple[int, int, float]  # series, time, value

# Instants of one fleet, or of nobody's; a few of all series, so that much falls on the same time.
LONE = st.tuples(st.integers(0, 4), st.integers(0, 12), st.integers(0, 99))
FLEET = st.tuples(
    st.sets(st.integers(0, 4), min_size=1), st.sets(st.integers(0, 12), min_size=1, max_size=4), st.integers(0, 99)
)


def lone(found: list[tuple[int, int, int]]) -> list[Sample]:
    """Samples as they are drawn."""
    return [(SERIES[series].series_id, BEGIN + 10_000 * at, float(value)) for series, at, value in found]


def of_fleet(found: tuple[set[int], set[int], int]) -> list[Sample]:
    """Each series at each instant."""
    series, instants, first = found
    places = [(each, at) for at in sorted(instants) for each in sorted(series)]
    return lone([(each, at, first + number) for number, (each, at) in enumerate(places)])


PORTIONS = st.lists(FLEET.map(of_fleet) | st.lists(LONE, min_size=1, max_size=8).map(lone), max_size=3)


@dataclass
class Held:
    """A store and a stream that hold these portions of samples, in the order of arrival."""

    blocks: list[list[Sample]]
    heads: list[list[Sample]]
    frames: list[list[Sample]]

    def stored(self, *_: object, **__: object) -> Stored:
        """All of it; what is not asked for may come too."""
        return Stored(
            DrainState("0-0", 0, 0, 0, 0),
            {},
            CatalogueMark(0, len(SERIES), 0.0),
            is_sealed=False,
            blocks=[encode(in_order(columns(portion), sampled)) for portion in self.blocks],
            slices=[pack_slice(columns(sorted(portion, key=lambda each: each[0]))) for portion in self.heads],
        )

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Held]:
        """The same."""
        yield self

    def series_of(self, metric_type: str, tags: Mapping[str, str] = NO_TAGS) -> dict[int, Definition]:
        """All there are."""
        return dict(IDS)

    def is_sealed(self, *_: object) -> bool:
        """Nothing was let go."""
        return False

    def read(self, start: str, count: int) -> list[tuple[str, bytes]]:
        """The frames, of one writer."""
        entries = []
        for number, portion in enumerate(self.frames):
            builder = FrameBuilder()
            ids, times, values = ([each[place] for each in portion] for place in range(3))
            builder.add_samples(
                [int(each).to_bytes(8, "little") for each in ids], values, [int(each) for each in times]
            )
            entries.append((f"{number + 1}-0", builder.pack(7, number)))
        return entries


def columns(portion: list[Sample]) -> Columns:
    """Samples in the order of arrival."""
    ids, times, values = ([each[place] for each in portion] for place in range(3))
    return Columns(np.array(ids, np.int64), np.array(times, np.int64), np.array(values, np.float64))


def sampled(ids: Any) -> Any:
    """Which of these series are sampled."""
    return np.array([IDS[each].kind is Kind.SAMPLED for each in ids.tolist()], bool)


def percentile(share: float) -> Callable[[list[float]], float]:
    """The value between the two that the share falls between."""

    def of(values: list[float]) -> float:
        ordered, place = sorted(values), (len(values) - 1) * share
        low = math.floor(place)
        return ordered[low] + (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]) * (place - low)

    return of


PLAIN: dict[str, Callable[[list[float]], float]] = {
    "avg": statistics.fmean,
    "sum": math.fsum,
    "count": len,
    "min": min,
    "max": max,
    "last": lambda values: values[-1],
    "stddev": statistics.pstdev,
    "p50": percentile(0.5),
    "p95": percentile(0.95),
    "increase": math.fsum,
    "rate": lambda values: math.fsum(values) / (STEP / 1000),
}


def expected(held: Held, query: MetricQuery) -> dict[tuple[tuple[str, ...], int], float]:
    """The answer by group and step, from one list of everything that came."""
    kept: dict[tuple[int, int, int], float] = {}
    for number, (series, time, value) in enumerate(
        each for part in (held.blocks, held.heads, held.frames) for portion in part for each in portion
    ):
        kept[series, time, number if IDS[series].kind is Kind.EVENT else 0] = value
    rows = [(series, time, value) for (series, time, _), value in sorted(kept.items())]
    if query.aggregation in ("increase", "rate"):
        rows = [
            (now[0], now[1], now[2] - before[2] if now[2] >= before[2] else now[2])
            for before, now in pairwise(rows)
            if before[0] == now[0]
        ]
    cells: dict[tuple[tuple[str, ...], int], list[float]] = defaultdict(list)
    for series, time, value in sorted(rows, key=lambda row: row[1]):
        if query.start <= time < query.end:
            group = tuple(dict(IDS[series].tags)[key] for key in query.group_by)
            cells[group, time // STEP * STEP].append(value)
    return {cell: PLAIN[query.aggregation](values) for cell, values in cells.items()}


@pytest.mark.parametrize("aggregation", PLAIN)
@given(
    blocks=PORTIONS,
    heads=PORTIONS,
    frames=PORTIONS,
    group_by=st.sampled_from([(), ("host",), ("zone", "host")]),
    first=st.integers(0, 12),
    length=st.integers(1, 13),
)
def test_an_answer_is_what_plain_python_makes_of_all_samples(
    aggregation: str,
    blocks: list[list[Sample]],
    heads: list[list[Sample]],
    frames: list[list[Sample]],
    group_by: tuple[str, ...],
    first: int,
    length: int,
) -> None:
    held = Held(blocks, heads, frames)
    queries = QueryMetrics(cast("FrameSource", held), cast("SampleStore", held))
    start = BEGIN + 10_000 * first
    query = MetricQuery("load", start, start + 10_000 * length, STEP, aggregation, group_by=group_by)

    for _ in range(2):  # in a snapshot, then by one statement
        answer = queries.run(query)
        found = {
            (tuple(each.tags[key] for key in group_by), time): value
            for each in answer.series
            for time, value in each.points
        }
        assert found == pytest.approx(expected(held, query), rel=1e-9, abs=1e-9)
