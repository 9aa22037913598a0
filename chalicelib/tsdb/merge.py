"""From samples in the order of arrival to samples in the order of time, each once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chalicelib.tsdb.columns import Columns


def in_order(samples: Columns, is_sampled: NDArray[np.bool_]) -> Columns:
    """The samples by series and time; of a sampled series' equal times the one that arrived last.

    `is_sampled` says of each sample whether its series is sampled: an event series keeps every sample.
    """
    if not len(samples):
        return samples
    order = np.lexsort((samples.times, samples.ids))  # stable: equal ones stay in the order of arrival
    ordered = samples.where(order)
    same_as_next = np.empty(len(ordered), bool)
    same_as_next[-1] = False
    np.logical_and(ordered.ids[1:] == ordered.ids[:-1], ordered.times[1:] == ordered.times[:-1], out=same_as_next[:-1])
    superseded = same_as_next & is_sampled[order]
    return ordered.where(~superseded) if superseded.any() else ordered
