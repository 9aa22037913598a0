"""From samples and rollups to a table of groups and steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.errors import InvalidInput
from chalicelib.tsdb.aggregate import OF_COUNTERS, Floats, aggregate
from chalicelib.tsdb.columns import Columns
from chalicelib.tsdb.counters import increases
from chalicelib.tsdb.rollups import Rollups, aggregate_rollups

MAX_CELLS = 12_000_000  # a thousand groups of the most steps there may be; some 300 MB at work


def tabulate(
    aggregation: str, found: Rollups, groups: NDArray[np.intp], count: int, *, start: int, end: int, step: int
) -> Floats:
    """The table of (group, step) over [start, end), epoch ms, NaN where nothing is; `groups` by entry of `found`.

    Raises InvalidInput for a table that is too large: what chooses among groups afterwards has to have them all first.
    """
    first = start - start % step
    width = -((first - end) // step)
    if count * width > MAX_CELLS:
        raise InvalidInput(
            f"step: {count} groups at {width} steps are too many; take a longer step or a shorter range.", field="step"
        )
    if aggregation in OF_COUNTERS:
        order = np.lexsort((found.times, found.ids))
        group_of = dict(zip(found.ids.tolist(), groups.tolist(), strict=True))
        rises = increases(Columns(found.ids[order], found.times[order], found.lasts[order]))
        rises = rises.where(rises.times >= start)
        of_rises = np.array([group_of[series] for series in rises.ids.tolist()], np.int64)
        cells = of_rises * width + (rises.times - first) // step
        table = aggregate("sum", rises.values, cells, count * width).reshape(count, width)
        return table / (step / 1000) if aggregation == "rate" else table
    times = found.times
    if aggregation == "last":
        order = np.argsort(times, kind="stable")
        cells = groups[order] * width + (times[order] - first) // step
        return aggregate("last", found.lasts[order], cells, count * width).reshape(count, width)
    cells = groups if width == 1 else groups * width + (times - first) // step
    if not len(found.bins) and bool((found.counts == 1).all()):
        return aggregate(aggregation, found.sums, cells, count * width).reshape(count, width)
    return aggregate_rollups(aggregation, found, cells, count * width).reshape(count, width)
