"""Which metric type each known series belongs to, as arrays: one look-up for a whole drain.

Series ids are hashes, so their lowest bits are a hash table's slots as they stand: an id is found with two gathers,
however many there are (docs/performance.md).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

UNKNOWN = -1
REFUSED = -2  # known, and not taken up
_FREE = UNKNOWN


class SeriesIndex:
    """Series id -> metric type number, for arrays of ids. Grows; rebuilt when it has grown."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._ids = np.empty(0, np.int64)  # by metric type, then id
        self._metrics = np.empty(0, np.int32)
        self._slots = np.full(1, _FREE, np.int32)  # of the table: a place in `_ids`; a power of two of them
        self._stale = False

    def add(self, numbers: Mapping[int, int]) -> None:
        """Learn the metric type numbers of series."""
        if not numbers.items() <= self._numbers.items():  # series are announced again every few minutes
            self._numbers.update(numbers)
            self._stale = True

    def clear(self) -> None:
        """Forget everything."""
        self.__init__()  # type: ignore[misc]  # back to the state of birth is exactly what is meant

    def ranks(self, ids: NDArray[np.int64]) -> NDArray[np.int32]:
        """Each id's place among all known series ordered by metric type and id, UNKNOWN where it is not known.

        Ranks hold until `add` or `clear`.
        """
        if self._stale:
            self._build()
        if not len(self._ids):
            return np.full(len(ids), UNKNOWN, np.int32)
        last = len(self._slots) - 1
        slots = ids & last
        found: NDArray[np.int32] = self._slots[slots]
        places = np.flatnonzero(self._is_of_another(found, ids))
        slots = slots[places]
        while len(places):
            slots = (slots + 1) & last
            ranks = self._slots[slots]
            found[places] = ranks
            goes_on = self._is_of_another(ranks, ids[places])
            places, slots = places[goes_on], slots[goes_on]
        return found

    def metrics(self, ranks: NDArray[np.int32]) -> NDArray[np.int32]:
        """The metric type number at each rank, UNKNOWN at UNKNOWN, REFUSED for a series that is not taken up."""
        if not len(self._metrics):
            return np.full(len(ranks), UNKNOWN, np.int32)
        return np.where(ranks == UNKNOWN, UNKNOWN, self._metrics[ranks]).astype(np.int32, copy=False)

    def _is_of_another(self, ranks: NDArray[np.int32], ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        other: NDArray[np.bool_] = (ranks != _FREE) & (self._ids[ranks] != ids)
        return other

    def _build(self) -> None:
        count = len(self._numbers)
        ids = np.fromiter(self._numbers, np.int64, count)
        metrics = np.fromiter(self._numbers.values(), np.int32, count)
        order = np.lexsort((ids, metrics))
        self._ids, self._metrics = ids[order], metrics[order]
        self._slots = np.full(1 << (5 * count).bit_length(), _FREE, np.int32)
        last = len(self._slots) - 1
        homeless, slots = np.arange(count, dtype=np.int32), self._ids & last
        while len(homeless):
            free = self._slots[slots] == _FREE
            self._slots[slots[free]] = homeless[free]  # of several who want one slot, one gets it
            remain = self._slots[slots] != homeless
            homeless, slots = homeless[remain], (slots[remain] + 1) & last
        self._stale = False
