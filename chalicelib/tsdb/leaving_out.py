"""Leaves series out of what is packed: heads, blocks, rollups."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray

from chalicelib.tsdb.blocks import decode, encode
from chalicelib.tsdb.columns import Columns
from chalicelib.tsdb.head import Head, cut_slices, join_slices, pack_slice, unpack_slice
from chalicelib.tsdb.rollups import Rollups


class LeftOut:
    """Series that are to go."""

    def __init__(self, series: Collection[int]) -> None:
        self._ids = np.fromiter(series, np.int64, len(series))
        self.lowest, self.highest = int(self._ids.min()), int(self._ids.max())

    def count_in_block(self, block: bytes) -> int:
        """How many of a block's samples are theirs."""
        return int(self._theirs(decode(block).ids).sum())

    def count_in_head(self, head: Head, metric: int) -> int:
        """How many of a head's samples of a metric type are theirs."""
        return int(self._theirs(unpack_slice(_slices(head)[metric]).ids).sum())

    def of_block(self, block: bytes) -> tuple[bytes, int, int, int] | None:
        """The block without them, its samples, its lowest and its highest series; None: nothing is left."""
        kept = self._others(decode(block))
        return (encode(kept), len(kept), int(kept.ids[0]), int(kept.ids[-1])) if len(kept) else None

    def of_head(self, head: Head, metric: int) -> Head:
        """The head without their samples of a metric type."""
        slices = _slices(head)
        kept = self._others(unpack_slice(slices.pop(metric)))
        return join_slices(head.hour, slices | ({metric: pack_slice(kept)} if len(kept) else {}))

    def of_rollups(self, rollups: Rollups) -> Rollups:
        """The rollups without theirs."""
        return rollups.where(~self._theirs(rollups.ids))

    def _others(self, samples: Columns) -> Columns:
        return samples.where(~self._theirs(samples.ids))

    def _theirs(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        return np.isin(ids, self._ids)


def series_in(slices: Iterable[bytes]) -> list[int]:
    """The ids of all series that have samples in these slices of heads."""
    parts = [unpack_slice(each).ids for each in slices]
    ids: list[int] = np.unique(np.concatenate([np.empty(0, np.int64), *parts])).tolist()
    return ids


def _slices(head: Head) -> dict[int, bytes]:
    return cut_slices(head.metrics, head.places, head.payload)
