"""Rollups say what the samples said; sketches are right within 1 %."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from chalicelib.tsdb.aggregate import SHARE_UP_TO, aggregate
from chalicelib.tsdb.columns import Columns
from chalicelib.tsdb.merge import in_order
from chalicelib.tsdb.rolled_hours import hours_of
from chalicelib.tsdb.rollups import (
    HOUR_MS,
    Rollups,
    aggregate_rollups,
    concatenate,
    merge,
    nothing,
    of_samples,
    roll_up,
)
from chalicelib.tsdb.sketch import ACCURACY, bins_of, values_of

finite = st.floats(-1e12, 1e12, allow_subnormal=False)
some_samples = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3_600), finite), min_size=1, max_size=60)
EXACT = ("count", "min", "max", "last", "sum", "avg")


def columns(found: list[tuple[int, int, float]]) -> Columns:
    """Samples of these series at these seconds, in order."""
    made = Columns(
        np.array([each[0] for each in found], np.int64),
        np.array([each[1] * 1000 for each in found], np.int64),
        np.array([each[2] for each in found], np.float64),
    )
    return in_order(made, lambda ids: np.zeros(len(ids), bool))


def events(samples: Columns) -> NDArray[np.bool_]:
    """Series 0 and 1 are events."""
    found: NDArray[np.bool_] = samples.ids < 2
    return found


@given(some_samples)
def test_a_period_counts_sums_and_bounds_its_samples(found: list[tuple[int, int, float]]) -> None:
    samples = columns(found)
    rolled = roll_up(samples, events(samples), 300)
    assert rolled.counts.sum() == len(samples)
    cells = rolled.ids * 13 + rolled.times // 300_000
    wanted = samples.ids * 13 + samples.times // 300_000
    for name in EXACT:
        expected = aggregate(name, samples.values, wanted, 4 * 13)
        np.testing.assert_allclose(aggregate_rollups(name, rolled, cells, 4 * 13), expected, rtol=1e-9, atol=1e-3)


@given(some_samples, some_samples)
def test_merged_rollups_are_those_of_all_samples(
    early: list[tuple[int, int, float]], late: list[tuple[int, int, float]]
) -> None:
    first, second = columns(early), columns(late)
    joined = merge([roll_up(first, events(first), 300), roll_up(second, events(second), 300)])
    both = columns(early + late)
    whole = roll_up(both, events(both), 300)
    for name in ("ids", "times", "counts", "mins", "maxs", "sizes", "bins", "weights"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))
    np.testing.assert_allclose(joined.sums, whole.sums, rtol=1e-9, atol=1e-3)


@given(st.lists(finite, min_size=1, max_size=300), st.sampled_from([0, 25, 50, 90, 99]))
def test_a_percentile_from_a_sketch_is_within_one_percent(values: list[float], percentile: int) -> None:
    samples = columns([(0, 0, value) for value in values])
    rolled = roll_up(samples, events(samples), 300)
    found = aggregate_rollups(f"p{percentile}", rolled, np.zeros(1, np.int64), 1)[0]
    exact = np.sort(values)[int((len(values) - 1) * percentile / 100)]
    assert found == pytest.approx(exact, rel=ACCURACY * 1.001, abs=1e-300)


@given(some_samples, st.sampled_from([0, 25, 50, 90, 99]))
def test_counting_bins_and_sorting_them_find_the_same(found: list[tuple[int, int, float]], percentile: int) -> None:
    samples = columns(found)
    rolled = roll_up(samples, np.ones(len(samples), bool), 300)
    cells = rolled.ids * 13 + rolled.times // 300_000
    # one sample by itself in a cell of its own: sketches no longer tell all, so bins are sorted
    alone = of_samples(columns([(9, 0, 1.0)]))
    sorted_bins = aggregate_rollups(f"p{percentile}", concatenate([rolled, alone]), np.append(cells, 52), 53)[:52]
    np.testing.assert_array_equal(aggregate_rollups(f"p{percentile}", rolled, cells, 52), sorted_bins)


@given(some_samples, st.floats(1, 1e9))
def test_the_share_up_to_a_bound_is_told_from_sketches_but_for_its_own_bin(
    found: list[tuple[int, int, float]], bound: float
) -> None:
    samples = columns(found)
    rolled = roll_up(samples, np.ones(len(samples), bool), 300)
    name = f"{SHARE_UP_TO}{bound}"
    near = [aggregate(f"{SHARE_UP_TO}{bound * by}", samples.values, samples.ids, 4) for by in (0.979, 1.021)]
    share = aggregate_rollups(name, rolled, rolled.ids, 4)
    some = ~np.isnan(share)
    assert some.any()
    assert (near[0][some] <= share[some] + 1e-9).all()
    assert (share[some] <= near[1][some] + 1e-9).all()


def test_bins_stand_for_their_values_from_the_smallest_to_the_largest() -> None:
    values = np.array([-1e300, -1.0, -1e-300, 0.0, 5e-324, 1e-300, 0.5, 1.0, 1e300])
    bins = bins_of(values)
    assert (np.diff(bins) >= 0).all()
    np.testing.assert_allclose(values_of(bins)[[0, 1, 2, 3, 5, 6, 7, 8]], values[[0, 1, 2, 3, 5, 6, 7, 8]], rtol=0.0101)


def test_samples_and_rollups_aggregate_side_by_side() -> None:
    samples = columns([(0, 10, 1.0), (0, 20, 5.0), (2, 30, 100.0)])
    rolled = roll_up(samples, events(samples), 300)
    later = of_samples(columns([(0, 400, 30.0)]))
    found = concatenate([rolled, later])
    cells = np.zeros(len(found), np.int64)
    assert aggregate_rollups("avg", found, cells, 1)[0] == 34
    assert aggregate_rollups("max", found, cells, 1)[0] == 100
    assert aggregate_rollups("count", found, cells, 1)[0] == 4
    with pytest.raises(ValueError, match="stddev"):
        aggregate_rollups("stddev", found, cells, 1)


def test_units_are_converted_in_sketches_too() -> None:
    samples = columns([(0, 10, 1.0), (0, 20, 5.0), (1, 10, 2.0)])
    rolled = roll_up(samples, events(samples), 300).times_factors(np.array([1000.0, 1.0]), np.array([0, 1]))
    assert rolled.sums.tolist() == [6000, 2]
    np.testing.assert_allclose(values_of(rolled.bins), [1000, 5000, 2], rtol=0.021)


def test_nothing_is_a_rollup_too() -> None:
    empty = merge([nothing(), nothing()])
    assert len(empty) == 0
    assert isinstance(roll_up(columns([(0, 0, 1.0)]).where(np.zeros(1, bool)), np.zeros(0, bool), 300), Rollups)
    assert np.isnan(aggregate_rollups("avg", empty, np.empty(0, np.int64), 1)[0])
    assert np.isnan(aggregate_rollups("p50", empty, np.empty(0, np.int64), 1)[0])


@given(st.lists(st.integers(-5 * HOUR_MS, 5 * HOUR_MS)))
def test_the_hours_of_instants_are_each_told_once(times: list[int]) -> None:
    assert hours_of(np.array(times, np.int64)) == sorted({time // HOUR_MS * HOUR_MS for time in times})
