"""Samples come into their order, each once; those that are in order already are left alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.tsdb.columns import Columns
from chalicelib.tsdb.merge import in_order, places_of

SAMPLES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 99)), max_size=30)


def columns(rows: list[tuple[int, int, int]]) -> Columns:
    """Samples as (series, time, value)."""
    ids, times, values = (np.array([row[place] for row in rows], np.int64) for place in range(3))
    return Columns(ids, times, values.astype(np.float64))


@given(SAMPLES)
def test_of_equal_times_of_a_sampled_series_the_last_stays_and_of_events_all(rows: list[tuple[int, int, int]]) -> None:
    samples = columns(rows)
    found = in_order(samples, lambda ids: ids < 2)  # series 0 and 1 are sampled

    wanted = sorted(((*row[:2], place), row) for place, row in enumerate(rows))
    kept = [
        row
        for place, (_, row) in enumerate(wanted)
        if row[0] >= 2 or place + 1 == len(wanted) or wanted[place + 1][1][:2] != row[:2]
    ]
    assert list(zip(found.ids.tolist(), found.times.tolist(), found.values.tolist(), strict=True)) == kept


@given(SAMPLES)
def test_what_is_in_order_is_the_very_same(rows: list[tuple[int, int, int]]) -> None:
    samples = columns(sorted({row[:2]: row for row in rows}.values()))
    assert in_order(samples, lambda ids: np.ones(len(ids), bool)) is samples


@given(st.lists(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_places_are_those_of_a_binary_search(ids: list[int], known: set[int]) -> None:
    given_ids, among = np.array(ids, np.int64), np.array(sorted(known), np.int64)
    assert places_of(given_ids, among).tolist() == np.searchsorted(among, given_ids).tolist()
    runs = np.repeat(given_ids, 7)
    assert places_of(runs, among).tolist() == np.searchsorted(among, runs).tolist()
