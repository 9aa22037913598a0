"""Which samples are wanted: those of some series within a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.tsdb.columns import Columns
from chalicelib.tsdb.merge import places_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """Series ids, ascending, and [start, end) in epoch ms."""

    ids: NDArray[np.int64]
    start: int
    end: int

    def of(self, samples: Columns) -> Columns:
        """Those of the samples that are wanted."""
        return samples.where(self.has(samples.ids) & self.holds(samples.times))

    def has(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these ids are wanted: a binary search each, where np.isin would sort them all."""
        if len(self.ids) == len(ids) and (self.ids == ids).all():  # all of a fleet, block after block
            return np.ones(len(ids), bool)
        if len(self.ids) < 2:
            return ids == self.ids[0] if len(self.ids) else np.zeros(len(ids), bool)
        found: NDArray[np.bool_] = self.ids[np.minimum(places_of(ids, self.ids), len(self.ids) - 1)] == ids
        return found

    def holds(self, times: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these times are wanted."""
        found: NDArray[np.bool_] = (times >= self.start) & (times < self.end)
        return found
