"""From samples and rollups to a table of groups and steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.errors import InvalidInput
from chalicelib.tsdb.aggregate import OF_COUNTERS, Floats, aggregate
from chalicelib.tsdb.columns import Columns
from chalicelib.tsdb.counters import increases_of
from chalicelib.tsdb.folds import FOLDED, cells_of, fold
from chalicelib.tsdb.rollups import Rollups, aggregate_rollups
from chalicelib.tsdb.runs import Runs, of_columns

MAX_CELLS = 12_000_000  # a thousand groups of the most steps there may be; some 300 MB at work


def tabulate_samples(
    aggregation: str, samples: Runs, groups: NDArray[np.intp], count: int, *, start: int, end: int, step: int
) -> Floats:
    """The table of (group, step) over [start, end), epoch ms, NaN where nothing is; `groups` by series.

    Raises InvalidInput for a table that is too large.
    """
    first, width = _steps(count, start, end, step)
    if aggregation in OF_COUNTERS:
        risen = increases_of(samples, start)
        rows = np.searchsorted(samples.ids, risen.ids)
        table = fold("sum", risen, groups[rows], count, first=first, step=step, width=width)
        return table / (step / 1000) if aggregation == "rate" else table
    if aggregation in FOLDED:
        return fold(aggregation, samples, groups, count, first=first, step=step, width=width)
    cells = cells_of(samples, groups * width, first, step, width)
    return aggregate(aggregation, samples.values, cells, count * width).reshape(count, width)


def tabulate(
    aggregation: str, found: Rollups, groups: NDArray[np.intp], count: int, *, start: int, end: int, step: int
) -> Floats:
    """The table of (group, step) over [start, end), epoch ms, NaN where nothing is; `groups` by entry of `found`.

    Raises InvalidInput for a table that is too large.
    """
    if aggregation in OF_COUNTERS:
        order = np.lexsort((found.times, found.ids))
        series = of_columns(Columns(found.ids[order], found.times[order], found.lasts[order]))
        groups = groups[order][np.searchsorted(found.ids[order], series.ids)]
        return tabulate_samples(aggregation, series, groups, count, start=start, end=end, step=step)
    first, width = _steps(count, start, end, step)
    times = found.times
    if aggregation == "last":
        order = np.argsort(times, kind="stable")
        cells = groups[order] * width + (times[order] - first) // step
        return aggregate("last", found.lasts[order], cells, count * width).reshape(count, width)
    cells = groups if width == 1 else groups * width + (times - first) // step
    if not len(found.bins) and bool((found.counts == 1).all()):
        return aggregate(aggregation, found.sums, cells, count * width).reshape(count, width)
    return aggregate_rollups(aggregation, found, cells, count * width).reshape(count, width)


def _steps(count: int, start: int, end: int, step: int) -> tuple[int, int]:
    """The first step's begin and how many there are. What chooses among groups afterwards has to have them all first:
    that is bounded here. Raises InvalidInput."""
    first = start - start % step
    width = -((first - end) // step)
    if count * width > MAX_CELLS:
        raise InvalidInput(
            f"step: {count} groups at {width} steps are too many; take a longer step or a shorter range.", field="step"
        )
    return first, width
