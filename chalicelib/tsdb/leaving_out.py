"""Leaves series out of what is packed: heads, blocks, rollups."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from chalicelib.tsdb.blocks import decode, encode
from chalicelib.tsdb.columns import SAMPLE_BYTES, Columns, unpack
from chalicelib.tsdb.rollups import Rollups


class LeftOut:
    """Series that are to go."""

    def __init__(self, series: Collection[int]) -> None:
        self._ids = np.fromiter(series, np.int64, len(series))
        self.lowest, self.highest = int(self._ids.min()), int(self._ids.max())

    def count_in_block(self, block: bytes) -> int:
        """How many of a block's samples are theirs."""
        return int(self._theirs(decode(block).ids).sum())

    def count_in_head(self, starts: Sequence[int], payload: bytes, place: int) -> int:
        """How many samples are theirs of the metric type at a place of a head; see tsdb/head.py."""
        return int(self._theirs(_slice(starts, payload, place).ids).sum())

    def of_block(self, block: bytes) -> tuple[bytes, int, int, int] | None:
        """The block without them, its samples, its lowest and its highest series; None: nothing is left."""
        kept = self._others(decode(block))
        return (encode(kept), len(kept), int(kept.ids[0]), int(kept.ids[-1])) if len(kept) else None

    def of_head(
        self, metrics: Sequence[int], starts: Sequence[int], payload: bytes, place: int
    ) -> tuple[list[int], list[int], bytes]:
        """A head's metric types, starts and payload without their samples of the metric type at a place."""
        kept = self._others(_slice(starts, payload, place))
        parts = [payload[SAMPLE_BYTES * a : SAMPLE_BYTES * b] for a, b in pairwise(starts)]
        sizes = [b - a for a, b in pairwise(starts)]
        parts[place], sizes[place] = kept.pack(), len(kept)
        left = [each for each, size in enumerate(sizes) if size]
        return (
            [metrics[each] for each in left],
            list(accumulate((sizes[each] for each in left), initial=0)),
            b"".join(parts[each] for each in left),
        )

    def of_rollups(self, rollups: Rollups) -> Rollups:
        """The rollups without theirs."""
        return rollups.where(~self._theirs(rollups.ids))

    def _others(self, samples: Columns) -> Columns:
        return samples.where(~self._theirs(samples.ids))

    def _theirs(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        return np.isin(ids, self._ids)


def _slice(starts: Sequence[int], payload: bytes, place: int) -> Columns:
    return unpack(payload[SAMPLE_BYTES * starts[place] : SAMPLE_BYTES * starts[place + 1]])


def series_in(heads: Sequence[bytes]) -> list[int]:
    """The ids of all series that have samples in these payloads of heads."""
    ids: list[int] = np.unique(np.concatenate([np.empty(0, np.int64), *(unpack(each).ids for each in heads)])).tolist()
    return ids
