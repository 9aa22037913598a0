"""Rollups as rows of arrays, dense over series and periods: the form in which SQL can read them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chalicelib.tsdb.rollups import HOUR, Rollups, nothing
from chalicelib.tsdb.wire_arrays import FloatArray, IntArray, LongArray


@dataclass(frozen=True, slots=True)
class RollupRow:
    """One metric type's rollups of one hour at one resolution.

    `counts` and `figures` (sum, min, max, last) run series by series, within a series period by period; `sketch` holds
    sizes, bins and weights, or is None. `list_id` is a number for the list of `series`.
    """

    list_id: int
    series: LongArray
    counts: IntArray
    figures: tuple[FloatArray, ...]
    sketch: tuple[IntArray, IntArray, IntArray] | None


@dataclass(frozen=True, slots=True)
class SentRow:
    """The same as PostgreSQL sends it; of the figures all but sums, and the sketch, are None when not asked for."""

    hour: int
    list_id: int
    counts: bytes
    figures: tuple[bytes | None, ...]
    sketch: tuple[bytes | None, ...]


def to_row(rollups: Rollups, hour: int, seconds: int) -> RollupRow:
    """The row of rollups that are sorted by series and time; `hour` in epoch ms."""
    series = np.unique(rollups.ids)
    periods = HOUR // seconds
    size = len(series) * periods
    places = np.searchsorted(series, rollups.ids) * periods + (rollups.times - hour) // (seconds * 1000)

    def dense(column: NDArray[Any]) -> NDArray[Any]:
        spread = np.zeros(size, column.dtype)
        spread[places] = column
        return spread

    sketch = None
    if len(rollups.bins):
        sketch = (IntArray.of(dense(rollups.sizes)), IntArray.of(rollups.bins), IntArray.of(rollups.weights))
    figures = tuple(
        FloatArray.of(dense(column)) for column in (rollups.sums, rollups.mins, rollups.maxs, rollups.lasts)
    )
    digest = hashlib.blake2b(series.astype("<i8").tobytes(), digest_size=8).digest()
    list_id = int.from_bytes(digest, "big") >> 1
    return RollupRow(list_id, LongArray.of(series), IntArray.of(dense(rollups.counts)), figures, sketch)


def from_sent(rows: Sequence[SentRow], lists: Mapping[int, bytes], seconds: int) -> Rollups:
    """The rollups in rows whose arrays come as PostgreSQL's array_send gives them: numpy reads them as they are.

    `lists` holds the lists of series that the rows name. All rows become one array before anything is computed: a month
    is hundreds of rows.
    """
    if not rows:
        return nothing()
    periods = HOUR // seconds
    of_list = {number: LongArray.elements_of([sent]) for number, sent in lists.items()}
    series = [of_list[row.list_id] for row in rows]
    sizes_of_rows = np.array([len(each) * periods for each in series])
    offsets = np.arange(periods, dtype=np.int64) * seconds * 1000
    counts = IntArray.elements_of([row.counts for row in rows])
    there = counts > 0
    sizes = np.zeros(len(counts), np.int64)
    if any(row.sketch[0] is not None for row in rows):
        has_sketch = np.repeat([row.sketch[0] is not None for row in rows], sizes_of_rows)
        sizes[has_sketch] = IntArray.elements_of([row.sketch[0] for row in rows])
    begins = np.array([row.hour for row in rows], np.int64)

    def figure(place: int) -> NDArray[np.float64]:
        if rows[0].figures[place] is None:
            return np.full(int(there.sum()), np.nan)
        return FloatArray.elements_of([row.figures[place] for row in rows])[there]

    return Rollups(
        ids=np.repeat(np.concatenate(series), periods)[there],
        times=(np.repeat(begins, sizes_of_rows) + np.tile(offsets, len(counts) // periods))[there],
        counts=counts[there],
        sums=figure(0),
        mins=figure(1),
        maxs=figure(2),
        lasts=figure(3),
        sizes=sizes[there],
        bins=IntArray.elements_of([row.sketch[1] for row in rows]),
        weights=IntArray.elements_of([row.sketch[2] for row in rows]),
    )
