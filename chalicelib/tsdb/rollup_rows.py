"""Rollups as rows of arrays, dense over series and periods: the form in which SQL can read them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chalicelib.tsdb.rollups import HOUR, Rollups, nothing

_HEADER = 20  # of a one-dimensional array on PostgreSQL's wire: dimensions, flags, type, length, lower bound
_FLOAT = np.dtype([("size", ">i4"), ("value", ">f8")])
_LONG = np.dtype([("size", ">i4"), ("value", ">i8")])
_INT = np.dtype([("size", ">i4"), ("value", ">i4")])


@dataclass(frozen=True, slots=True)
class RollupRow:
    """One metric type's rollups of one hour at one resolution.

    `counts` and `figures` (sum, min, max, last) run series by series, within a series period by period; `sketch` holds
    sizes, bins and weights, or is None.
    """

    series: list[int]
    counts: list[int]
    figures: tuple[list[float], ...]
    sketch: tuple[list[int], list[int], list[int]] | None

    @property
    def list_id(self) -> int:
        """A number for the list of series."""
        raw = np.array(self.series, "<i8").tobytes()
        return int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "big") >> 1


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

    def dense(column: NDArray[Any]) -> list[Any]:
        spread = np.zeros(size, column.dtype)
        spread[places] = column
        found: list[Any] = spread.tolist()
        return found

    sketch = None
    if len(rollups.bins):
        sketch = (dense(rollups.sizes), rollups.bins.tolist(), rollups.weights.tolist())
    figures = tuple(dense(column) for column in (rollups.sums, rollups.mins, rollups.maxs, rollups.lasts))
    return RollupRow(series.tolist(), dense(rollups.counts), figures, sketch)


def from_sent(rows: Sequence[SentRow], lists: Mapping[int, bytes], seconds: int) -> Rollups:
    """The rollups in rows whose arrays come as PostgreSQL's array_send gives them: numpy reads them as they are.

    `lists` holds the lists of series that the rows name. All rows become one array before anything is computed: a month
    is hundreds of rows.
    """
    if not rows:
        return nothing()
    periods = HOUR // seconds
    of_list = {number: _join([sent], _LONG) for number, sent in lists.items()}
    series = [of_list[row.list_id] for row in rows]
    sizes_of_rows = np.array([len(each) * periods for each in series])
    offsets = np.arange(periods, dtype=np.int64) * seconds * 1000
    counts = _join([row.counts for row in rows], _INT)
    there = counts > 0
    sizes = np.zeros(len(counts), np.int64)
    if any(row.sketch[0] is not None for row in rows):
        has_sketch = np.repeat([row.sketch[0] is not None for row in rows], sizes_of_rows)
        sizes[has_sketch] = _join([row.sketch[0] for row in rows], _INT)
    begins = np.array([row.hour for row in rows], np.int64)

    def figure(place: int) -> NDArray[np.float64]:
        if rows[0].figures[place] is None:
            return np.full(int(there.sum()), np.nan)
        return _join([row.figures[place] for row in rows], _FLOAT)[there]

    return Rollups(
        ids=np.repeat(np.concatenate(series), periods)[there],
        times=(np.repeat(begins, sizes_of_rows) + np.tile(offsets, len(counts) // periods))[there],
        counts=counts[there],
        sums=figure(0),
        mins=figure(1),
        maxs=figure(2),
        lasts=figure(3),
        sizes=sizes[there],
        bins=_join([row.sketch[1] for row in rows], _INT),
        weights=_join([row.sketch[2] for row in rows], _INT),
    )


def _join(sent: Iterable[bytes | None], kind: np.dtype[Any]) -> NDArray[Any]:
    """The elements of arrays without nulls behind one another; an empty array and NULL have none."""
    values = np.frombuffer(b"".join(each[_HEADER:] for each in sent if each is not None), kind)["value"]
    return values.astype(np.float64 if values.dtype.kind == "f" else np.int64)
