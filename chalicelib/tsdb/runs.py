"""Samples series by series: what is the same for many of them is there once, so that most work is by the series.

A fleet whose agents stamp aligned instants has one grid: all series share their times, and values are a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from chalicelib.tsdb.columns import Columns, join
from chalicelib.tsdb.merge import IsSampled, in_order

Ints = NDArray[np.int64]
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Runs:
    """`ids` ascending, each once; each has `lengths` of the samples, at least one.

    Where `lengths` is None all have the same `times`, which are there once; else there is a time for each value.
    """

    ids: Ints
    lengths: Ints | None
    times: Ints
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.values)

    def by_sample(self, of_series: NDArray[T]) -> NDArray[T]:
        """What is there of each series, for each sample."""
        found: NDArray[T] = np.repeat(of_series, len(self.times) if self.lengths is None else self.lengths)
        return found

    def every_time(self) -> Ints:
        """A time for each value."""
        return np.tile(self.times, len(self.ids)) if self.lengths is None else self.times

    def where(self, chosen: NDArray[np.bool_], held: NDArray[np.bool_]) -> Runs:
        """The samples of the chosen series, a mask of `ids`, that are held, a mask of `times`; of runs with lengths."""
        assert self.lengths is not None
        if chosen.all() and held.all():
            return self
        kept = np.repeat(chosen, self.lengths) & held
        ends = np.cumsum(self.lengths)
        up_to = np.concatenate(([0], np.cumsum(kept)))
        lengths = up_to[ends] - up_to[ends - self.lengths]
        return Runs(self.ids[lengths > 0], lengths[lengths > 0], self.times[kept], self.values[kept])

    def times_factors(self, factors: NDArray[np.float64]) -> Runs:
        """In other units: every value times the factor of its series."""
        return replace(self, values=self.values * self.by_sample(factors))

    def columns(self) -> Columns:
        """The same with an id for each value."""
        return Columns(self.by_sample(self.ids), self.every_time(), self.values)


NOTHING = Runs(np.empty(0, np.int64), None, np.empty(0, np.int64), np.empty(0, np.float64))


def of_columns(samples: Columns) -> Runs:
    """Samples whose equal ids stand together, ascending."""
    if not len(samples):
        return NOTHING
    starts = np.flatnonzero(np.concatenate(([True], samples.ids[1:] != samples.ids[:-1])))
    lengths = np.diff(starts, append=len(samples))
    if len(starts) == len(samples) and (samples.times == samples.times[0]).all():
        return Runs(samples.ids, None, samples.times[:1], samples.values)
    return Runs(samples.ids[starts], lengths, samples.times, samples.values)


def of_arrived(samples: Columns) -> Runs:
    """Samples in the order of arrival; so are those of each series, whatever their times."""
    return of_columns(samples.where(np.argsort(samples.ids, kind="stable")))


def merge_runs(parts: Sequence[Runs], is_sampled: IsSampled) -> Runs:
    """All parts, which come in the order of arrival, as one by series and time.

    Of a sampled series' equal times the one that arrived last stays; `is_sampled` is asked as by `in_order`. Where the
    parts follow one another in time, as what is drained and compacted mostly does, nothing is sorted.
    """
    parts = [part for part in parts if len(part)]
    if not parts:
        return NOTHING
    if all(part.lengths is None and np.array_equal(part.ids, parts[0].ids) for part in parts):
        times = np.concatenate([part.times for part in parts])
        if (times[1:] > times[:-1]).all():
            tables = [part.values.reshape(len(part.ids), len(part.times)) for part in parts]
            return Runs(parts[0].ids, None, times, np.hstack(tables).ravel() if len(parts) > 1 else parts[0].values)
    found = parts[0] if len(parts) == 1 else _behind_one_another(parts)
    if _is_in_order(found, is_sampled):
        return found
    return of_columns(in_order(join([part.columns() for part in parts]), is_sampled))


def _behind_one_another(parts: Sequence[Runs]) -> Runs:
    """Each series' samples of all parts, part after part."""
    ids = np.unique(np.concatenate([part.ids for part in parts]))
    rows = [np.searchsorted(ids, part.ids) for part in parts]
    lengths = [
        np.full(len(part.ids), len(part.times)) if part.lengths is None else part.lengths.astype(np.int64)
        for part in parts
    ]
    totals = np.zeros(len(ids), np.int64)
    for row, length in zip(rows, lengths, strict=True):
        totals[row] += length
    free = np.cumsum(totals) - totals  # where the next samples of each series go
    times, values = np.empty(totals.sum(), np.int64), np.empty(totals.sum(), np.float64)
    for part, row, length in zip(parts, rows, lengths, strict=True):
        places = np.repeat(free[row] - (np.cumsum(length) - length), length) + np.arange(len(part))
        times[places], values[places] = part.every_time(), part.values
        free[row] += length
    return Runs(ids, totals, times, values)


def _is_in_order(samples: Runs, is_sampled: IsSampled) -> bool:
    """Whether each series' times ascend; only an event series has equal ones."""
    times = samples.every_time()
    is_late = times[1:] <= times[:-1]
    if samples.lengths is None:
        is_late[len(samples.times) - 1 :: len(samples.times)] = False
    else:
        is_late[np.cumsum(samples.lengths)[:-1] - 1] = False
    late = np.flatnonzero(is_late)
    if not len(late):
        return True
    if (times[late + 1] < times[late]).any():
        return False
    ends = np.cumsum(samples.lengths) if samples.lengths is not None else None
    row = late // len(samples.times) if ends is None else np.searchsorted(ends, late, side="right")
    return not is_sampled(samples.ids[row]).any()
