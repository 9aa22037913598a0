"""When disks will be full: a robust line through their usage, told only where it surely rises.

The line is Theil-Sen's, which single peaks do not tilt; its slope's 95 % bounds give the earliest and the latest day. A
clean-up in between is a fall, not a trend: only what came after the last fall of 5 points counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.report_ranges import DAY, HOUR
from chalicelib.domain.reports import Forecast
from chalicelib.domain.statistics import robust_line

Floats = NDArray[np.float64]
BLOCK_MS = 6 * HOUR
LEAST_BLOCKS = 8  # two days
FARTHEST_DAYS = 60.0
WIDEST = 1.0  # the bounds may lie as far apart as the forecast is away; what is vaguer is not told
A_FALL = 5.0


def forecast_disk(host: str, mount: str, cells: Sequence[tuple[int, float]], end: int) -> Forecast | None:
    """The forecast of one disk from its usage in percent by cell (begin in epoch ms); None = nothing worth telling.

    Days count from `end`, the end of the range.
    """
    days, usage = _blocks(cells, end)
    falls = np.flatnonzero(np.diff(usage) < -A_FALL)
    if len(falls):
        days, usage = days[falls[-1] + 1 :], usage[falls[-1] + 1 :]
    if len(usage) < LEAST_BLOCKS:
        return None
    line = robust_line(days, usage)
    if line.low <= 0:
        return None
    now = line.at(0.0)
    left = 100.0 - now
    if left <= 0 or left / line.slope > FARTHEST_DAYS:
        return None
    found = Forecast(host, mount, now, line.slope, left / line.slope, left / line.high, left / line.low)
    return found if found.latest - found.earliest <= WIDEST * found.days else None


def _blocks(cells: Sequence[tuple[int, float]], end: int) -> tuple[Floats, Floats]:
    """Averages over 6 hours, and the middle of each in days from the end: the rhythm of a day hardly shows in them."""
    begins = np.array([begin for begin, _ in cells], np.int64)
    values = np.array([value for _, value in cells], np.float64)
    if not len(begins):
        return np.empty(0), np.empty(0)
    places = (begins - end) // BLOCK_MS
    _, place_of = np.unique(places, return_inverse=True)
    counts = np.bincount(place_of)
    means = np.bincount(place_of, values) / counts
    middles = np.bincount(place_of, (begins - end + HOUR / 2) / DAY) / counts
    return middles, means
