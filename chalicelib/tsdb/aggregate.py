"""Samples to points: one value per group and step of time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
AGGREGATIONS = ("avg", "min", "max", "sum", "count", "last")


def aggregate(
    aggregation: str, values: Floats, groups: NDArray[np.intp], steps: NDArray[np.int64], shape: tuple[int, int]
) -> Floats:
    """One value per (group, step), NaN where there was no sample; `shape` is (groups, steps).

    `values` must be in the order of time for `last`.
    """
    cells = groups * shape[1] + steps
    return _BY_NAME[aggregation](values, cells, shape[0] * shape[1]).reshape(shape)


def _counts(cells: NDArray[np.int64], size: int) -> Floats:
    return np.bincount(cells, minlength=size).astype(np.float64)


def _totals(values: Floats, cells: NDArray[np.int64], size: int) -> Floats:
    return np.bincount(cells, weights=values, minlength=size).astype(np.float64, copy=False)


def _where_any(result: Floats, cells: NDArray[np.int64], size: int) -> Floats:
    return np.where(_counts(cells, size) > 0, result, np.nan)


def _sum(values: Floats, cells: NDArray[np.int64], size: int) -> Floats:
    return _where_any(_totals(values, cells, size), cells, size)


def _avg(values: Floats, cells: NDArray[np.int64], size: int) -> Floats:
    counts = _counts(cells, size)
    averages: Floats = np.divide(_totals(values, cells, size), counts, out=np.full(size, np.nan), where=counts > 0)
    return averages


def _count(values: Floats, cells: NDArray[np.int64], size: int) -> Floats:
    return _where_any(_counts(cells, size), cells, size)


def _min(values: Floats, cells: NDArray[np.int64], size: int) -> Floats:
    result = np.full(size, np.inf)
    np.minimum.at(result, cells, values)
    return _where_any(result, cells, size)


def _max(values: Floats, cells: NDArray[np.int64], size: int) -> Floats:
    result = np.full(size, -np.inf)
    np.maximum.at(result, cells, values)
    return _where_any(result, cells, size)


def _last(values: Floats, cells: NDArray[np.int64], size: int) -> Floats:
    result = np.full(size, np.nan)
    result[cells] = values  # of equal cells the last assignment stands
    return result


_BY_NAME: dict[str, Callable[[Floats, NDArray[np.int64], int], Floats]] = {
    "avg": _avg,
    "min": _min,
    "max": _max,
    "sum": _sum,
    "count": _count,
    "last": _last,
}
