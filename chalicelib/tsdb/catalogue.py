"""Which metric type each known series belongs to, as arrays: one binary search for a whole drain."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

UNKNOWN = -1
REFUSED = -2  # known, and not taken up


class SeriesIndex:
    """Series id -> metric type number, for arrays of ids. Grows; rebuilt when it has grown."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._ids: NDArray[np.int64] = np.empty(0, np.int64)
        self._metrics: NDArray[np.int32] = np.empty(0, np.int32)
        self._stale = False

    def add(self, numbers: Mapping[int, int]) -> None:
        """Learn the metric type numbers of series."""
        if numbers:
            self._numbers.update(numbers)
            self._stale = True

    def clear(self) -> None:
        """Forget everything."""
        self.__init__()  # type: ignore[misc]  # back to the state of birth is exactly what is meant

    def find(self, ids: NDArray[np.int64]) -> NDArray[np.int32]:
        """The metric type number of each id, UNKNOWN where it is not known."""
        if self._stale:
            self._ids = np.fromiter(self._numbers, np.int64, len(self._numbers))
            self._metrics = np.fromiter(self._numbers.values(), np.int32, len(self._numbers))
            order = np.argsort(self._ids)
            self._ids, self._metrics = self._ids[order], self._metrics[order]
            self._stale = False
        if not len(self._ids):
            return np.full(len(ids), UNKNOWN, np.int32)
        places = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        return np.where(self._ids[places] == ids, self._metrics[places], UNKNOWN).astype(np.int32, copy=False)
