"""From a table of (group, step) to the points that a query answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

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
    numbers = msgspec.json.encode(np.concatenate([each.values for each in series]).tolist())[1:-1].split(b",")
    shared: dict[bytes, list[bytes]] = {}
    written, begin = [], 0
    for each in series:
        key, end = each.times.tobytes(), begin + len(each.times)
        if key not in shared:
            shared[key] = [b"],[%d," % time for time in each.times.tolist()]
        pieces = [b""] * (2 * len(each.times))
        pieces[0::2] = shared[key]
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
    """The series that have any value, by their tags; steps without one are left out, or None `with_gaps`.

    The tags of all have the same keys.
    """
    times = first + np.arange(table.shape[1] if table.size else 0, dtype=np.int64) * step
    there = ~np.isnan(table)
    counts = there.sum(axis=1)
    is_whole = counts == table.shape[1]
    keys = sorted(tags[0]) if tags else []
    series = []
    for place in sorted(np.flatnonzero(counts).tolist(), key=lambda each: [tags[each][key] for key in keys]):
        if with_gaps or is_whole[place]:
            series.append(PointSeries(tags[place], times, table[place]))
        else:
            series.append(PointSeries(tags[place], times[there[place]], table[place][there[place]]))
    return series


def largest(series: list[PointSeries], count: int) -> list[PointSeries]:
    """The `count` series with the highest averages, the highest first; all as they are when `count` is 0."""
    if not count:
        return series
    return sorted(series, key=lambda each: float(np.nanmean(each.values)), reverse=True)[:count]
