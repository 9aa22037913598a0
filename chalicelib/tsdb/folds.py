"""Aggregations that are made of parts: first each series' steps, then the steps of a group's series."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chalicelib.tsdb.aggregate import Floats
from chalicelib.tsdb.runs import Runs

FOLDED = ("avg", "sum", "count", "min", "max", "last")
Ints = NDArray[np.int64]


def fold(
    aggregation: str, samples: Runs, groups: NDArray[np.intp], count: int, *, first: int, step: int, width: int
) -> Floats:
    """One value per (group, step of `width` from `first` on), NaN where there is no sample; `groups` by series."""
    cells, starts = _cells(samples, groups * width, first, step, width)
    size = count * width
    counts = np.diff(starts, append=len(samples))
    weights = np.bincount(cells, weights=counts, minlength=size)
    if aggregation == "count":
        return np.where(weights > 0, weights, np.nan).reshape(count, width)
    if aggregation in ("avg", "sum"):
        parts = samples.values if len(starts) == len(samples) else np.add.reduceat(samples.values, starts)
        totals = np.bincount(cells, weights=parts, minlength=size)
        found = np.full(size, np.nan)
        np.divide(totals, weights if aggregation == "avg" else 1.0, out=found, where=weights > 0)
        return found.reshape(count, width)
    if aggregation == "last":
        found = np.full(size, np.nan)
        lasts = starts + counts - 1
        if len(lasts):  # of a group's series the latest, assigned last, stands
            order = np.argsort(_times_at(samples, lasts), kind="stable")
            found[cells[order]] = samples.values[lasts[order]]
        return found.reshape(count, width)
    extreme = np.minimum if aggregation == "min" else np.maximum
    found = np.full(size, np.inf if aggregation == "min" else -np.inf)
    if len(starts):
        extreme.at(found, cells, extreme.reduceat(samples.values, starts))
    return np.where(weights > 0, found, np.nan).reshape(count, width)


def _times_at(samples: Runs, places: Ints) -> Ints:
    return samples.times[places % len(samples.times) if samples.lengths is None else places]


def cells_of(samples: Runs, bases: Ints, first: int, step: int, width: int) -> Ints:
    """The cell of each sample; `bases`: the first cell of each series."""
    if width == 1:
        return samples.by_sample(bases)
    steps = (samples.times - first) // step
    if samples.lengths is None:
        return (bases[:, None] + steps).ravel()
    return samples.by_sample(bases) + steps


def _cells(samples: Runs, bases: Ints, first: int, step: int, width: int) -> tuple[Ints, Ints]:
    """The cell of each stretch of samples of one series and step, and where it starts; `bases`: each series' first."""
    if samples.lengths is None:
        rows = np.arange(len(samples.ids)) * len(samples.times)  # where each series starts
        if width == 1:
            return bases, rows
        steps = (samples.times - first) // step
        begins = np.flatnonzero(np.diff(steps, prepend=-1))
        return (bases[:, None] + steps[begins]).ravel(), (rows[:, None] + begins).ravel()
    starts = np.cumsum(samples.lengths) - samples.lengths
    if width == 1:
        return bases, starts
    cells = cells_of(samples, bases, first, step, width)
    is_begin = np.diff(cells, prepend=-1) != 0
    is_begin[starts] = True  # also where the series before ends in the same cell
    starts = np.flatnonzero(is_begin)
    return cells[starts], starts
