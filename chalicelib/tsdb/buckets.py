"""Quantiles of histograms: counts up to bounds, by step of time."""

from __future__ import annotations

import numpy as np

from chalicelib.tsdb.aggregate import Floats


def on_bounds(bounds: Floats, own: Floats, counts: Floats) -> Floats:
    """One histogram's counts (bound, step) up to its own bounds, as counts up to others; both bounds ascend.

    Where it has no such bound it has nothing between that and the next one below: histograms leave empty buckets out.
    For the same reason a count that is NaN is that of the bound below.
    """
    cumulated = np.maximum.accumulate(np.nan_to_num(counts, nan=0.0), axis=0)
    places = np.searchsorted(own, bounds, side="right")
    result: Floats = np.vstack([np.zeros((1, counts.shape[1])), cumulated])[places]
    return result


def quantiles(bounds: Floats, counts: Floats, share: float) -> Floats:
    """The value below which a share (0 to 1) lies, by step; NaN where nothing was counted.

    `counts` is (bound, step): how many up to each bound, the last of which is infinite. In a bucket values are taken to
    lie evenly; the first one begins at zero if its bound is above, and what lies beyond the last finite bound is told
    as that bound.
    """
    totals = counts[-1]
    wanted = share * totals
    place = np.argmax(counts >= wanted, axis=0)
    steps = np.arange(counts.shape[1])
    upper = bounds[place]
    first = place == 0
    lower = np.where(first, np.minimum(upper, 0.0), bounds[np.maximum(place - 1, 0)])
    below = np.where(first, 0.0, counts[np.maximum(place - 1, 0), steps])
    inside = counts[place, steps] - below
    with np.errstate(invalid="ignore"):
        part = np.divide(wanted - below, inside, out=np.zeros_like(wanted), where=inside > 0)
        found = np.where(np.isinf(upper), lower, lower + (upper - lower) * part)
    result: Floats = np.where(totals > 0, found, np.nan)
    return result
