"""From a table of (group, step) to the points that a query answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FILLS = ("none", "null", "previous", "zero")


@dataclass(frozen=True, slots=True)
class PointSeries:
    """One group's points: (epoch ms of the step's begin, value or None)."""

    tags: dict[str, str]
    points: list[tuple[int, float | None]]


def fill(how: str, table: NDArray[np.float64]) -> NDArray[np.float64]:
    """What stands where there was no sample: nothing, the value before it, or zero."""
    if how == "zero":
        return np.nan_to_num(table, nan=0.0, posinf=np.inf, neginf=-np.inf)
    if how == "previous" and table.size:
        places = np.where(np.isnan(table), 0, np.arange(table.shape[1]))
        np.maximum.accumulate(places, axis=1, out=places)
        return np.take_along_axis(table, places, axis=1)
    return table


def to_points(
    table: NDArray[np.float64], tags: Sequence[dict[str, str]], first: int, step: int, *, with_gaps: bool
) -> list[PointSeries]:
    """The series that have any value, by their tags; steps without one are left out, or None `with_gaps`."""
    times = first + np.arange(table.shape[1] if table.size else 0) * step
    series = []
    for each, row in zip(tags, table, strict=True):
        missing = np.isnan(row)
        if missing.all():
            continue
        if with_gaps or not missing.any():
            values = [None if gone else value for value, gone in zip(row.tolist(), missing.tolist(), strict=True)]
            points = list(zip(times.tolist(), values, strict=True))
        else:
            points = list(zip(times[~missing].tolist(), row[~missing].tolist(), strict=True))
        series.append(PointSeries(each, points))
    return sorted(series, key=lambda found: sorted(found.tags.items()))


def largest(series: list[PointSeries], count: int) -> list[PointSeries]:
    """The `count` series with the highest averages, the highest first; all as they are when `count` is 0."""
    if not count:
        return series

    def average(each: PointSeries) -> float:
        values = [value for _, value in each.points if value is not None]
        return sum(values) / len(values)

    return sorted(series, key=average, reverse=True)[:count]
