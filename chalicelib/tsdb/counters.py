"""Counters: how much they rose between samples, also over a reset."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from chalicelib.tsdb.columns import Columns
from chalicelib.tsdb.runs import NOTHING, Runs


def increases(samples: Columns) -> Columns:
    """How much each sample is above the one before it in its series; a series' first sample has none.

    `samples` must be sorted by series and time.
    """
    if len(samples) < 2:
        return samples.where(np.zeros(len(samples), bool))
    follows = np.empty(len(samples), bool)
    follows[0] = False
    np.equal(samples.ids[1:], samples.ids[:-1], out=follows[1:])
    return Columns(samples.ids[follows], samples.times[follows], rises(samples.values)[follows])


def increases_of(samples: Runs, start: int) -> Runs:
    """The same of runs, of the samples from `start` on (epoch ms); series that have none are left out."""
    if samples.lengths is not None:
        ends = np.cumsum(samples.lengths)
        follows = np.ones(len(samples), bool)
        follows[ends - samples.lengths] = False
        found = replace(samples, values=rises(samples.values))
        return found.where(np.ones(len(samples.ids), bool), follows & (samples.times >= start))
    held = samples.times >= start
    held[:1] = False
    if not held.any():
        return NOTHING
    table = rises(samples.values).reshape(len(samples.ids), len(samples.times))
    return Runs(samples.ids, None, samples.times[held], table[:, held].ravel())


def rises(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much each value is above the one before it, 0 for the first.

    A value below the one before it means that the counter began again at zero: it rose by what it shows.
    """
    found = np.diff(values, prepend=values[:1])
    return np.where(found < 0, values, found)
