"""From samples in the order of arrival to samples in the order of time, each once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from chalicelib.tsdb.columns import Columns

IsSampled = Callable[[NDArray[np.int64]], NDArray[np.bool_]]


def in_order(samples: Columns, is_sampled: IsSampled) -> Columns:
    """The samples by series and time; of a sampled series' equal times the one that arrived last.

    `is_sampled` says of series ids whether each is of a sampled series: an event series keeps every sample. It is asked
    only about samples of equal times, which are few or none.
    """
    if _is_in_order(samples):
        return samples
    # Stable sorts: equal ones stay in the order of arrival. Where parts come in the order of time, series suffice.
    ordered = samples.where(np.argsort(samples.ids, kind="stable"))
    same = ordered.ids[1:] == ordered.ids[:-1]
    if (ordered.times[1:] < ordered.times[:-1])[same].any():
        ordered = samples.where(np.lexsort((samples.times, samples.ids)))
        same = ordered.ids[1:] == ordered.ids[:-1]
    same_as_next = same & (ordered.times[1:] == ordered.times[:-1])
    repeated = np.flatnonzero(same_as_next)
    superseded = repeated[is_sampled(ordered.ids[repeated])] if len(repeated) else repeated
    if not len(superseded):
        return ordered
    kept = np.ones(len(ordered), bool)
    kept[superseded] = False
    return ordered.where(kept)


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
