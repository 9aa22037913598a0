"""Pairs of whole numbers, each once: sorted as one number a pair, where np.unique would compare rows byte by byte."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def distinct_pairs(first: Ints, second: Ints, weights: Ints | None = None) -> tuple[Ints, Ints, Ints]:
    """Each pair once, ascending, and the total of its weights; without weights, how often it is there.

    The spans of both sides multiplied must fit 63 bits: places in a table, bins of a sketch.
    """
    if not len(first):
        return first, second, np.empty(0, np.int64)
    low = int(second.min())
    span = int(second.max()) - low + 1
    keys = first * span + (second - low)
    if weights is None:
        keys.sort()
    else:
        order = np.argsort(keys)
        keys = keys[order]
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    totals = np.diff(starts, append=len(keys)) if weights is None else np.add.reduceat(weights[order], starts)
    found = keys[starts]
    return found // span, found % span + low, totals.astype(np.int64)
