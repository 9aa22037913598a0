"""Sliding windows against a slow reading of the definition, and the same at one instant as at many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.tsdb.aggregate import aggregate
from chalicelib.tsdb.columns import Columns
from chalicelib.tsdb.merge import in_order
from chalicelib.tsdb.windows import MAX_INTERVAL_MS, Members, Stretch, intervals, last_intervals, stretch, values_at

NAMES = ("avg", "min", "max", "sum", "count", "last", "stddev", "p90", "rate", "increase", "hosts")
samples_of_series = st.lists(
    st.tuples(st.integers(0, 120), st.sampled_from([0.1, 1.0, 2.5, -3.0, 90.0, 1e9])), max_size=25
)


def make(series: dict[int, list[tuple[int, float]]], *, events: frozenset[int] = frozenset()) -> Stretch:
    """A stretch of series with samples at these seconds."""
    rows = [(each, second * 1000, value) for each, found in series.items() for second, value in found]
    columns = Columns(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] for row in rows], np.float64),
    )
    ordered = in_order(columns, lambda ids: ~np.isin(ids, sorted(events)))
    return stretch(ordered, np.array([each not in events for each in ordered.ids.tolist()], bool))


def slowly(held: Stretch, groups: dict[int, int], name: str, window: int, instant: int) -> dict[int, float]:
    """The definition, series by series."""
    known = intervals(held)
    values: dict[int, list[tuple[int, float]]] = {}
    for row, series in enumerate(held.ids.tolist()):
        begin, end = int(held.starts[row]), int(held.starts[row + 1])
        times = held.samples.times[begin:end].tolist()
        until = [place for place, at in enumerate(times) if at <= instant]
        if series not in groups or not until:
            continue
        interval = int(known[begin + until[-1]]) if held.is_sampled[row] else 0
        width = max(window, interval * 5 // 2)
        for place in until:
            value = float(held.samples.values[begin + place])
            if times[place] > instant - width:
                if name in ("rate", "increase"):
                    if place == 0:
                        continue
                    rise = value - float(held.samples.values[begin + place - 1])
                    value = (value if rise < 0 else rise) / (width / 1000 if name == "rate" else 1)
                values.setdefault(groups[series], []).append(
                    (times[place], float(series) if name == "hosts" else value)
                )
    if name == "hosts":
        return {group: float(len({value for _, value in found})) for group, found in values.items()}
    plain = "sum" if name in ("rate", "increase") else name
    return {
        group: float(
            aggregate(
                plain,
                np.array([value for _, value in sorted(found, key=lambda each: each[0])]),
                np.zeros(len(found), np.int64),
                1,
            )[0]
        )
        for group, found in values.items()
    }


@given(
    found=st.lists(samples_of_series, min_size=1, max_size=4),
    grouping=st.lists(st.integers(0, 1), min_size=4, max_size=4),
    window=st.sampled_from([1, 5, 10, 60]),
    event=st.integers(0, 3),
    name=st.sampled_from(NAMES),
)
def test_a_window_holds_what_its_definition_says(
    found: list[list[tuple[int, float]]], grouping: list[int], window: int, event: int, name: str
) -> None:
    held = make(dict(enumerate(found)), events=frozenset({event}))
    series = np.arange(len(found))
    members = Members(held.rows_of(series), np.array(grouping[: len(found)]), 2, hosts=series)
    instants = np.arange(0, 130_000, 10_000)
    many = values_at(held, members, name, window * 1000, instants)
    groups = dict(zip(series.tolist(), grouping, strict=False))
    for place, instant in enumerate(instants.tolist()):
        expected = slowly(held, groups, name, window * 1000, instant)
        for group in (0, 1):
            silent = 0.0 if name == "hosts" else float("nan")
            value = float(many.values[group, place])
            assert value == pytest.approx(expected.get(group, silent), rel=1e-12, nan_ok=True)
        one = values_at(held, members, name, window * 1000, np.array([instant]))
        np.testing.assert_array_equal(one.values[:, 0], many.values[:, place])  # to the last bit
        np.testing.assert_array_equal(one.counts[:, 0], many.counts[:, place])


def test_an_interval_is_the_shorter_one_of_the_last_two_distances() -> None:
    held = make({1: [(0, 1.0), (10, 1.0), (20, 1.0), (50, 1.0), (60, 1.0)], 2: [(0, 1.0), (700, 1.0)]})
    assert intervals(held).tolist() == [0, 10_000, 10_000, 10_000, 10_000, 0, 0]
    assert MAX_INTERVAL_MS == 600_000


def test_a_series_last_interval_is_known_of_those_that_have_one() -> None:
    seconds = {1: [0, 60, 120, 240], 2: [0, 10, 20], 3: [0], 4: [0, 601]}
    held = make({each: [(second, 1.0) for second in found] for each, found in seconds.items()}, events=frozenset({2}))
    assert last_intervals(held).tolist() == [60_000, 0, 0, 0]
    assert last_intervals(make({})).tolist() == []


def test_a_window_is_at_least_two_and_a_half_intervals_long() -> None:
    held = make({1: [(second, float(second)) for second in range(0, 361, 60)]})
    members = Members(np.array([0]), np.array([0]), 1)
    found = values_at(held, members, "count", 10_000, np.array([360_000, 509_000, 510_000]))
    # 150 s before 360 s: those at 240, 300 and 360 s. The last one is gone 150 s after it came.
    assert found.values[0].tolist()[:2] == [3, 1]
    assert np.isnan(found.values[0, 2])


def test_groups_without_samples_have_no_value_and_no_host() -> None:
    held = make({})
    members = Members(np.array([-1]), np.array([0]), 1)
    at = np.array([0])
    assert np.isnan(values_at(held, members, "avg", 1000, at).values).all()
    assert values_at(held, members, "hosts", 1000, at).values.tolist() == [[0.0]]
    assert values_at(held, members, "avg", 1000, at).counts.tolist() == [[0]]


def test_units_are_converted_before_they_are_aggregated() -> None:
    held = make({1: [(0, 2.0)], 2: [(0, 500.0)]})
    members = Members(np.array([0, 1]), np.array([0, 0]), 1, factors=np.array([1.0, 0.001]))
    assert values_at(held, members, "sum", 1000, np.array([0])).values.tolist() == [[2.5]]
