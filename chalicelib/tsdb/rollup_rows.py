"""Rollups as rows of arrays, dense over series and periods: the form in which SQL can read them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chalicelib.tsdb.rollups import HOUR, Rollups

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


def from_sent(hour: int, seconds: int, series: bytes, counts: bytes, *rest: bytes | None) -> Rollups:
    """The rollups in a row whose arrays come as PostgreSQL's array_send gives them: numpy reads them as they are."""
    ids, per_period = _read(series, _LONG), _read(counts, _INT)
    sums, mins, maxs, lasts = (_read(each, _FLOAT) for each in rest[:4])
    periods = HOUR // seconds
    times = hour + np.arange(periods, dtype=np.int64) * seconds * 1000
    there = per_period > 0
    sizes, bins, weights = (_read(each, _INT) for each in rest[4:])
    return Rollups(
        ids=np.repeat(ids, periods)[there],
        times=np.tile(times, len(ids))[there],
        counts=per_period[there],
        sums=sums[there],
        mins=mins[there],
        maxs=maxs[there],
        lasts=lasts[there],
        sizes=sizes[there] if len(sizes) else np.zeros(int(there.sum()), np.int64),
        bins=bins,
        weights=weights,
    )


def _read(sent: bytes | None, kind: np.dtype[Any]) -> NDArray[Any]:
    """The elements of an array without nulls; none of an empty one or of NULL."""
    if sent is None or len(sent) < _HEADER:
        return np.empty(0, np.float64 if kind is _FLOAT else np.int64)
    values = np.frombuffer(sent, kind, offset=_HEADER)["value"]
    return values.astype(np.float64 if values.dtype.kind == "f" else np.int64)
