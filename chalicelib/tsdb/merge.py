"""From samples in the order of arrival to samples in the order of time, each once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chalicelib.tsdb.columns import Columns


def in_order(samples: Columns, is_sampled: NDArray[np.bool_]) -> Columns:
    """The samples by series and time; of a sampled series' equal times the one that arrived last.

    `is_sampled` says of each sample whether its series is sampled: an event series keeps every sample.
    """
    if _is_in_order(samples):
        return samples
    order = np.lexsort((samples.times, samples.ids))  # stable: equal ones stay in the order of arrival
    ordered = samples.where(order)
    same_as_next = np.empty(len(ordered), bool)
    same_as_next[-1] = False
    np.logical_and(ordered.ids[1:] == ordered.ids[:-1], ordered.times[1:] == ordered.times[:-1], out=same_as_next[:-1])
    superseded = same_as_next & is_sampled[order]
    return ordered.where(~superseded) if superseded.any() else ordered


def places_of(ids: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.intp]:
    """np.searchsorted(known, ids): one search for each run of equal ids, as blocks have them."""
    if not len(ids):
        return np.empty(0, np.intp)
    starts = np.flatnonzero(np.concatenate(([True], ids[1:] != ids[:-1])))
    if 4 * len(starts) > len(ids):
        return np.searchsorted(known, ids)
    return np.repeat(np.searchsorted(known, ids[starts]), np.diff(starts, append=len(ids)))


def _is_in_order(samples: Columns) -> bool:
    """Whether each sample stands behind the one before it already, by series and time: most of what is stored does."""
    same = samples.ids[1:] == samples.ids[:-1]
    rises = np.where(same, samples.times[1:] > samples.times[:-1], samples.ids[1:] > samples.ids[:-1])
    return bool(rises.all())
