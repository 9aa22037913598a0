"""Samples by series: merged, folded and read from slices as a look at every sample would have it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.tsdb.aggregate import aggregate
from chalicelib.tsdb.columns import Columns, join
from chalicelib.tsdb.counters import increases, increases_of
from chalicelib.tsdb.folds import FOLDED, cells_of, fold
from chalicelib.tsdb.head import pack_slice, unpack_slice, unpack_slices
from chalicelib.tsdb.merge import in_order
from chalicelib.tsdb.runs import Runs, merge_runs, of_arrived, of_columns
from chalicelib.tsdb.wanted import Wanted

Row = tuple[int, int, float]
ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 99).map(float)), max_size=12)
# A part of a fleet with one grid: series, times that ascend, and where its values begin.
GRIDS = st.builds(
    lambda series, times, first: [
        (each, time, float(first + place))
        for place, (each, time) in enumerate((each, time) for each in sorted(series) for time in sorted(times))
    ],
    st.sets(st.integers(0, 3)),
    st.sets(st.integers(0, 9), max_size=4),
    st.integers(0, 99),
)
PARTS = st.lists(ROWS | GRIDS, max_size=5)


def columns(rows: list[Row]) -> Columns:
    """Samples as (series, time, value), in the order of arrival."""
    ids, times, values = ([row[place] for row in rows] for place in range(3))
    return Columns(np.array(ids, np.int64), np.array(times, np.int64), np.array(values, np.float64))


def rows_of(samples: Columns) -> list[Row]:
    """The same again."""
    return list(zip(samples.ids.tolist(), samples.times.tolist(), samples.values.tolist(), strict=True))


def on_a_grid(runs: Runs) -> Runs:
    """Runs with the times there once, if all series share them, as a block has them."""
    if runs.lengths is None or not len(runs) or (runs.lengths != runs.lengths[0]).any():
        return runs
    table = runs.times.reshape(len(runs.ids), -1)
    return Runs(runs.ids, None, table[0], runs.values) if (table == table[0]).all() else runs


@given(PARTS, st.booleans())
def test_parts_are_merged_as_if_every_sample_were_sorted(parts: list[list[Row]], follow: bool) -> None:
    if follow:  # each part later than the one before it
        parts = [[(each, 10 * n + time, value) for each, time, value in part] for n, part in enumerate(parts)]
    arrived = [columns(part) for part in parts]
    runs = [of_arrived(each) for each in arrived]
    runs = [on_a_grid(each) if len(each) % 2 else each for each in runs]

    def sampled(ids: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        return ids < 2

    found = merge_runs(runs, sampled)

    assert rows_of(found.columns()) == rows_of(in_order(join(arrived), sampled))
    assert (np.diff(found.ids) > 0).all()
    assert found.lengths is None or (found.lengths > 0).all()


def test_parts_of_one_grid_stay_on_it() -> None:
    parts = [Runs(np.array([3, 8]), None, np.array([at]), np.array([at, 2.0 * at])) for at in (10, 20, 30)]
    found = merge_runs(parts, lambda ids: np.ones(len(ids), bool))
    assert found.lengths is None
    assert found.times.tolist() == [10, 20, 30]
    assert found.values.tolist() == [10, 20, 30, 20, 40, 60]


@pytest.mark.parametrize("aggregation", FOLDED)
@given(
    rows=ROWS | GRIDS, step=st.sampled_from([1, 2, 3, 20]), groups=st.lists(st.integers(0, 1), min_size=4, max_size=4)
)
def test_what_is_folded_by_series_is_what_every_sample_makes(
    aggregation: str, rows: list[Row], step: int, groups: list[int]
) -> None:
    samples = in_order(columns(rows), lambda ids: np.ones(len(ids), bool))
    width = -(-10 // step)
    group_of = np.array(groups, np.intp)
    cells = group_of[samples.ids] * width + samples.times // step
    by_time = np.argsort(samples.times, kind="stable")  # as `last` asks for
    expected = aggregate(aggregation, samples.values[by_time], cells[by_time], 2 * width).reshape(2, width)

    runs = on_a_grid(of_columns(samples))
    found = fold(aggregation, runs, group_of[runs.ids], 2, first=0, step=step, width=width)

    np.testing.assert_allclose(found, expected, rtol=1e-12)


@given(ROWS | GRIDS, st.integers(0, 9))
def test_a_counters_rises_are_the_same_series_by_series(rows: list[Row], start: int) -> None:
    samples = in_order(columns(rows), lambda ids: np.ones(len(ids), bool))
    found = increases_of(on_a_grid(of_columns(samples)), start)
    risen = increases(samples)
    assert rows_of(found.columns()) == rows_of(risen.where(risen.times >= start))


@given(ROWS | GRIDS, st.sampled_from([1, 3, 20]))
def test_every_sample_is_in_the_cell_of_its_group_and_step(rows: list[Row], step: int) -> None:
    samples = in_order(columns(rows), lambda ids: np.ones(len(ids), bool))
    width = -(-10 // step)
    runs = on_a_grid(of_columns(samples))
    found = cells_of(runs, runs.ids * width, 0, step, width)
    assert found.tolist() == (samples.ids * width + samples.times // step).tolist()


@given(
    st.lists(st.tuples(st.sets(st.integers(0, 5), min_size=1), st.integers(0, 9)), max_size=6),
    ROWS,
    st.sets(st.integers(0, 5)),
    st.integers(0, 9),
    st.integers(0, 9),
)
def test_of_slices_of_heads_one_gets_what_is_wanted_in_the_order_of_arrival(
    instants: list[tuple[set[int], int]], others: list[Row], series: set[int], start: int, length: int
) -> None:
    slices = [columns([(each, at, float(each + at)) for each in sorted(chosen)]) for chosen, at in instants]
    if others:
        slices.insert(len(slices) // 2, columns(sorted(others, key=lambda row: row[0])))
    packed = [pack_slice(each) for each in slices]
    wanted = Wanted(np.array(sorted(series), np.int64), start, start + length)

    found = unpack_slices(packed, wanted)

    expected = [row for each in packed for row in rows_of(wanted.of(unpack_slice(each)))]
    by_series = [row for one in range(6) for part in found for row in rows_of(part.columns()) if row[0] == one]
    assert by_series == sorted(expected, key=lambda row: row[0])


def test_slices_of_one_fleet_are_one_part() -> None:
    slices = [pack_slice(columns([(each, at, float(at)) for each in (1, 2, 3)])) for at in (10, 20)]
    (found,) = unpack_slices(slices, Wanted(np.array([1, 3]), 0, 100))
    assert (found.ids.tolist(), found.lengths, found.times.tolist()) == ([1, 3], None, [10, 20])
