"""Aggregations agree with plain Python, cell by cell."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.tsdb.aggregate import aggregate, is_aggregation
from chalicelib.tsdb.columns import Columns
from chalicelib.tsdb.counters import increases
from chalicelib.tsdb.points import fill

SIZE = 4
ROWS = st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(0, SIZE - 1)))


def interpolated(values: list[float], share: float) -> float:
    """The percentile between the two values it falls between."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


PLAIN: dict[str, Callable[[list[float]], float]] = {
    "avg": statistics.fmean,
    "min": min,
    "max": max,
    "sum": math.fsum,
    "count": len,
    "last": lambda values: values[-1],
    "stddev": statistics.pstdev,
    "p50": lambda values: interpolated(values, 0.5),
    "p95": lambda values: interpolated(values, 0.95),
    "p99.9": lambda values: interpolated(values, 0.999),
}


@pytest.mark.parametrize("name", PLAIN)
@given(rows=ROWS)
def test_each_cell_holds_what_plain_python_computes(name: str, rows: list[tuple[float, int]]) -> None:
    table = aggregate(name, np.array([v for v, _ in rows]), np.array([c for _, c in rows], np.int64), SIZE)
    for cell in range(SIZE):
        values = [value for value, at in rows if at == cell]
        if values:
            assert table[cell] == pytest.approx(PLAIN[name](values), rel=1e-9, abs=1e-6)
        else:
            assert np.isnan(table[cell])


@pytest.mark.parametrize(
    "counts",
    [
        pytest.param([7] * 20, id="all alike"),
        pytest.param([3, 0, 5, 4, 0], id="nearly alike, some empty"),
        pytest.param([500, *[1] * 50], id="one far larger"),
        pytest.param([2] * 66_000, id="more cells than 16 bits count"),
    ],
)
@pytest.mark.parametrize("is_shuffled", [False, True])
def test_percentiles_do_not_depend_on_how_samples_are_spread_over_cells(counts: list[int], is_shuffled: bool) -> None:
    random = np.random.default_rng(1)
    cells = np.repeat(np.arange(len(counts)), counts)
    values = random.normal(50, 10, len(cells)).round(1)
    if is_shuffled:
        order = random.permutation(len(cells))
        cells, values = cells[order], values[order]
    found = aggregate("p95", values, cells, len(counts))

    by_cell: dict[int, list[float]] = {}
    for cell, value in zip(cells.tolist(), values.tolist(), strict=True):
        by_cell.setdefault(cell, []).append(value)
    expected = [interpolated(by_cell[cell], 0.95) if cell in by_cell else np.nan for cell in range(len(counts))]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["avg", "p50", "p99.9", "p0", "rate", "increase", "last"])
def test_known_aggregations_are_known(name: str) -> None:
    assert is_aggregation(name)


@pytest.mark.parametrize("name", ["mode", "p", "p100", "p-1", "p5.", "AVG", ""])
def test_others_are_not(name: str) -> None:
    assert not is_aggregation(name)


@given(st.lists(st.floats(0, 1e9), max_size=20))
def test_a_counters_rises_are_what_it_rose_also_over_resets(values: list[float]) -> None:
    samples = Columns(np.full(len(values), 7), np.arange(len(values)), np.array(values))
    expected = [b - a if b >= a else b for a, b in itertools.pairwise(values)]
    assert increases(samples).values.tolist() == expected


def test_a_series_does_not_rise_from_anothers_value() -> None:
    samples = Columns(np.array([1, 1, 2, 2]), np.array([0, 1, 0, 1]), np.array([5.0, 8.0, 100.0, 101.0]))
    found = increases(samples)
    assert (found.ids.tolist(), found.values.tolist()) == ([1, 2], [3, 1])


def test_gaps_are_filled_as_asked() -> None:
    nan = np.nan
    table = np.array([[nan, 1, nan, 2], [nan, nan, nan, nan]])
    np.testing.assert_array_equal(fill("previous", table), [[nan, 1, 1, 2], [nan] * 4])
    np.testing.assert_array_equal(fill("zero", table), [[0, 1, 0, 2], [0] * 4])
    np.testing.assert_array_equal(fill("none", table), table)
