"""Counters: how much they rose between samples, also over a reset."""

from __future__ import annotations

import numpy as np

from chalicelib.tsdb.columns import Columns


def increases(samples: Columns) -> Columns:
    """How much each sample is above the one before it in its series; a series' first sample has none.

    `samples` must be sorted by series and time. A value below the one before it means that the counter began again at
    zero: it rose by what it shows.
    """
    if len(samples) < 2:
        return samples.where(np.zeros(len(samples), bool))
    follows = np.empty(len(samples), bool)
    follows[0] = False
    np.equal(samples.ids[1:], samples.ids[:-1], out=follows[1:])
    rises = np.diff(samples.values, prepend=samples.values[:1])
    rises = np.where(rises < 0, samples.values, rises)
    return Columns(samples.ids[follows], samples.times[follows], rises[follows])
