"""Samples to points: one value per cell, where a cell is one group in one step of time."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Cells = NDArray[np.int64]
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,3})?)")
# These look at a series' change from sample to sample, not at its values: see counters.py.
SHARE_UP_TO = "share_up_to:"
OF_COUNTERS = ("rate", "increase")
MOST_PADDED = 4  # times the values themselves


def is_aggregation(name: str) -> bool:
    """Whether there is an aggregation of that name."""
    return name in _BY_NAME or name in OF_COUNTERS or _PERCENTILE.fullmatch(name) is not None


def bound_of(aggregation: str) -> float | None:
    """The bound of `share_up_to:500`: which share of samples is at most so much. For services; no query may name it."""
    return float(aggregation.partition(":")[2]) if aggregation.startswith(SHARE_UP_TO) else None


def share_of(aggregation: str) -> float | None:
    """The share (0 to 1) of a percentile like p95; None for other aggregations."""
    found = _PERCENTILE.fullmatch(aggregation)
    return None if found is None else float(found[1]) / 100


def aggregate(aggregation: str, values: Floats, cells: Cells, size: int) -> Floats:
    """One value per cell, NaN where a cell has no sample.

    `cells` holds each sample's cell, from 0 to size - 1. For `last`, `values` must be in the order of time.
    Percentiles are exact, interpolated linearly between the two values they fall between.
    """
    if bound := bound_of(aggregation):
        return _avg((values <= bound).astype(np.float64), cells, size)
    if (share := share_of(aggregation)) is not None:
        return _percentile(values, cells, size, share)
    return _BY_NAME[aggregation](values, cells, size)


def _counts(cells: Cells, size: int) -> Floats:
    return np.bincount(cells, minlength=size).astype(np.float64)


def _totals(values: Floats, cells: Cells, size: int) -> Floats:
    return np.bincount(cells, weights=values, minlength=size).astype(np.float64, copy=False)


def _where_any(result: Floats, cells: Cells, size: int) -> Floats:
    return np.where(_counts(cells, size) > 0, result, np.nan)


def _sum(values: Floats, cells: Cells, size: int) -> Floats:
    return _where_any(_totals(values, cells, size), cells, size)


def _avg(values: Floats, cells: Cells, size: int) -> Floats:
    counts = _counts(cells, size)
    averages: Floats = np.divide(_totals(values, cells, size), counts, out=np.full(size, np.nan), where=counts > 0)
    return averages


def _count(values: Floats, cells: Cells, size: int) -> Floats:
    return _where_any(_counts(cells, size), cells, size)


def _min(values: Floats, cells: Cells, size: int) -> Floats:
    result = np.full(size, np.inf)
    np.minimum.at(result, cells, values)
    return _where_any(result, cells, size)


def _max(values: Floats, cells: Cells, size: int) -> Floats:
    result = np.full(size, -np.inf)
    np.maximum.at(result, cells, values)
    return _where_any(result, cells, size)


def _last(values: Floats, cells: Cells, size: int) -> Floats:
    result = np.full(size, np.nan)
    result[cells] = values  # of equal cells the last assignment stands
    return result


def _stddev(values: Floats, cells: Cells, size: int) -> Floats:
    # Around the cell's own average: the textbook difference of squares loses everything when values are close.
    distances = values - _avg(values, cells, size)[cells]
    return np.sqrt(_avg(distances * distances, cells, size))


def _percentile(values: Floats, cells: Cells, size: int, share: float) -> Floats:
    counts = np.bincount(cells, minlength=size)
    filled = np.flatnonzero(counts)
    counts = counts[filled]
    ordered = _sorted_in_cells(values, cells, size, counts)
    starts = np.cumsum(counts) - counts
    place = (counts - 1) * share
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, counts - 1)
    low, high = ordered[starts + below], ordered[starts + above]
    result = np.full(size, np.nan)
    result[filled] = low + (high - low) * (place - below)
    return result


def _sorted_in_cells(values: Floats, cells: Cells, size: int, counts: Cells) -> Floats:
    """The values by cell, ascending within each; `counts` of the cells that have any."""
    if not len(values) or len(counts) * counts.max() > MOST_PADDED * len(values):
        ordered: Floats = values[np.lexsort((values, cells))]
        return ordered
    if (cells[1:] < cells[:-1]).any():
        # Numbers of 16 bits are sorted by their digits.
        values = values[np.argsort(cells.astype(np.uint16) if size <= 65_536 else cells, kind="stable")]
    # Rows of one length are sorted without an order being made: ten times as fast.
    width = int(counts.max())
    if (counts == width).all():
        return np.sort(values.reshape(len(counts), width), axis=1).ravel()
    is_there = np.arange(width) < counts[:, None]
    table = np.full(is_there.shape, np.inf)
    table[is_there] = values
    table.sort(axis=1)
    found: Floats = table[is_there]
    return found


_BY_NAME: dict[str, Callable[[Floats, Cells, int], Floats]] = {
    "avg": _avg,
    "min": _min,
    "max": _max,
    "sum": _sum,
    "count": _count,
    "last": _last,
    "stddev": _stddev,
}
AGGREGATIONS = (*_BY_NAME, *OF_COUNTERS)
