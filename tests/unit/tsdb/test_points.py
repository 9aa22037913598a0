"""Points are written as JSON as if each were an object."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.tsdb.points import PointSeries, largest, to_points, write_points

TABLES = st.lists(
    st.lists(st.floats(allow_infinity=False) | st.just(float("nan")), min_size=3, max_size=3), min_size=0, max_size=4
)


@given(TABLES, st.booleans())
def test_what_is_written_is_what_the_points_are(rows: list[list[float]], with_gaps: bool) -> None:
    table = np.array(rows, np.float64).reshape(len(rows), 3)
    tags = [{"host": f"h{number}"} for number in range(len(rows))]
    series = to_points(table, tags, 1_790_000_000_000, 10_000, with_gaps=with_gaps)

    written = [json.loads(each) for each in write_points(series)]

    assert written == [[list(point) for point in each.points] for each in series]
    wanted = [row for row in rows if not all(np.isnan(row))]
    assert [[value for _, value in points if value is not None] for points in written] == [
        [value for value in row if not np.isnan(value)] for row in wanted
    ]


def test_gaps_are_null_or_left_out() -> None:
    table = np.array([[1.5, np.nan, 3.0]])
    (with_gaps,) = write_points(to_points(table, [{}], 1000, 10, with_gaps=True))
    (without,) = write_points(to_points(table, [{}], 1000, 10, with_gaps=False))
    assert (with_gaps, without) == (b"[[1000,1.5],[1010,null],[1020,3.0]]", b"[[1000,1.5],[1020,3.0]]")


def test_the_largest_have_the_highest_averages() -> None:
    rows = np.array([[1.0, 1.0], [9.0, np.nan], [3.0, 5.0]])
    series = to_points(rows, [{"n": name} for name in "abc"], 0, 1, with_gaps=True)
    assert [each.tags["n"] for each in largest(series, 2)] == ["b", "c"]
    assert largest(series, 0) == series


def test_nothing_is_written_as_nothing() -> None:
    assert write_points([]) == []
    assert write_points([PointSeries({}, np.empty(0, np.int64), np.empty(0))]) == [b"[]"]
