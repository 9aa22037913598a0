"""From a table of (group, step) to the points that a query answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.tsdb.numbers import write_numbers

FILLS = ("none", "null", "previous", "zero")


@dataclass(frozen=True, slots=True)
class PointSeries:
    """One group's points: the begins of steps (epoch ms) and their values, NaN where there was none."""

    tags: dict[str, str]
    times: NDArray[np.int64]
    values: NDArray[np.float64]

    @property
    def points(self) -> list[tuple[int, float | None]]:
        """The points one by one."""
        values = [None if value != value else value for value in self.values.tolist()]
        return list(zip(self.times.tolist(), values, strict=True))


def write_points(series: Sequence[PointSeries]) -> list[bytes]:
    """Each series' points as JSON, [[epoch ms, value or null], ...].

    A query may answer 100,000 points: to make an object of each before it is written would take most of its time.
    """
    if not series:
        return []
    numbers = write_numbers(np.concatenate([each.values for each in series]))
    shared: dict[int, list[bytes]] = {}  # by the array of times: series without gaps have one
    written, begin = [], 0
    for each in series:
        end = begin + len(each.times)
        if (moments := shared.get(id(each.times))) is None:
            moments = shared[id(each.times)] = [b"],[%d," % time for time in each.times.tolist()]
        pieces = [b""] * (2 * len(moments))
        pieces[0::2] = moments
        pieces[1::2] = numbers[begin:end]
        written.append(b"[" + b"".join(pieces)[2:] + b"]]" if pieces else b"[]")
        begin = end
    return written


def fill(how: str, table: NDArray[np.float64]) -> NDArray[np.float64]:
    """What stands where there was no sample: nothing, the value before it, or zero."""
    if how == "zero":
        return np.nan_to_num(table, nan=0.0)
    if how == "previous" and table.size:
        places = np.where(np.isnan(table), 0, np.arange(table.shape[1]))
        np.maximum.accumulate(places, axis=1, out=places)
        return np.take_along_axis(table, places, axis=1)
    return table


def to_points(
    table: NDArray[np.float64], tags: Sequence[dict[str, str]], first: int, step: int, *, with_gaps: bool
) -> list[PointSeries]:
    """The series that have any value, as they come; steps without one are left out, or None `with_gaps`."""
    times = first + np.arange(table.shape[1] if table.size else 0, dtype=np.int64) * step
    there = ~np.isnan(table)
    counts = there.sum(axis=1).tolist()
    series = []
    for place, (count, values) in enumerate(zip(counts, table, strict=True)):
        if count == len(times) or (with_gaps and count):
            series.append(PointSeries(tags[place], times, values))
        elif count:
            series.append(PointSeries(tags[place], times[there[place]], values[there[place]]))
    return series


def largest(series: list[PointSeries], count: int) -> list[PointSeries]:
    """The `count` series with the highest averages, the highest first; all as they are when `count` is 0."""
    if not count:
        return series
    return sorted(series, key=lambda each: float(np.nanmean(each.values)), reverse=True)[:count]
