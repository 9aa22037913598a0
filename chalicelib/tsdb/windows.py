"""Sliding windows: the aggregated value of many groups of series at one instant, or of some groups at many instants.

The window of a verdict at the instant t reaches back from t, excluding its begin: (t - w, t]. It is at least two and a
half times as long as the series' interval, so that a sample that is a little late does not read as no data. Live
evaluation and backtests both come here: the same samples give the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.tsdb.aggregate import OF_COUNTERS, Floats, aggregate
from chalicelib.tsdb.columns import Columns
from chalicelib.tsdb.counters import rises
from chalicelib.tsdb.pairs import distinct_pairs

MAX_INTERVAL_MS = 600_000  # a longer silence between two samples is a gap, not an interval
HOSTS = "hosts"  # how many hosts sent anything: the one aggregation that looks at a tag
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Samples sorted by series and time, equal times of sampled series collapsed, with where each series begins.

    `ids` are the series, ascending; series i has the samples from `starts[i]` to `starts[i + 1]`. `is_sampled` says of
    each series whether it has an interval at all: events come when they come.
    """

    samples: Columns
    ids: Ints
    starts: Ints
    is_sampled: NDArray[np.bool_]

    def rows_of(self, series: Ints) -> Ints:
        """Each series' place among `ids`, -1 where it has no sample here."""
        if not len(self.ids):
            return np.full(len(series), -1, np.int64)
        places = np.minimum(np.searchsorted(self.ids, series), len(self.ids) - 1)
        return np.where(self.ids[places] == series, places, -1)


@dataclass(frozen=True, slots=True)
class Members:
    """Which series belong to which group: parallel arrays, one entry a series and group.

    `rows` are places in a Stretch (-1: no sample there), `groups` run from 0 to `count` - 1. `factors` convert each
    series' unit (None: nothing to convert). `hosts` numbers the series' hosts, for the aggregation of that name.
    """

    rows: Ints
    groups: Ints
    count: int
    factors: Floats | None = None
    hosts: Ints | None = None


@dataclass(frozen=True, slots=True)
class Windowed:
    """Values by group and instant, NaN where there was no sample; and how many samples each rests on."""

    values: Floats
    counts: Ints


def stretch(samples: Columns, is_sampled: NDArray[np.bool_]) -> Stretch:
    """Samples that `in_order` has put in order; `is_sampled` by sample."""
    if not len(samples):
        return Stretch(samples, np.empty(0, np.int64), np.zeros(1, np.int64), np.empty(0, bool))
    starts = np.flatnonzero(np.concatenate(([True], samples.ids[1:] != samples.ids[:-1])))
    return Stretch(samples, samples.ids[starts], np.append(starts, len(samples)), is_sampled[starts])


def intervals(held: Stretch) -> Ints:
    """At each sample, the series' interval in ms as it was known then, 0 = not known.

    The shorter one of the last two distances: one missed sample does not make it look slower.
    """
    times = held.samples.times
    gaps = np.diff(times, prepend=times[:1])
    first = held.starts[:-1][np.diff(held.starts) > 0]
    gaps[first] = MAX_INTERVAL_MS + 1
    before = np.empty_like(gaps)
    before[:1] = MAX_INTERVAL_MS + 1
    before[1:] = gaps[:-1]
    before[first] = MAX_INTERVAL_MS + 1
    shorter = np.minimum(gaps, before)
    return np.where(shorter > MAX_INTERVAL_MS, 0, shorter)


def last_intervals(held: Stretch) -> Ints:
    """Each series' interval in ms as its last samples tell it, 0 = not known, or events, which have none."""
    if not len(held.ids):
        return np.empty(0, np.int64)
    return np.where(held.is_sampled, intervals(held)[held.starts[1:] - 1], 0)


def bounds(held: Stretch, rows: Ints, instants: Ints, window: int) -> tuple[Ints, Ints, Ints]:
    """For each of the rows (not negative) and each instant, which samples the window holds: from, to; and its width.

    Three arrays of (row, instant); `window` and the widths in ms.
    """
    times = held.samples.times
    base = int(times.min(initial=0))
    reach = int(times.max(initial=0)) - base + 1
    # One sorted key for (row, time): a single binary search finds every window's end.
    of_row = np.repeat(np.arange(len(held.ids)), np.diff(held.starts))
    keys = of_row * reach + (times - base)
    ends = np.clip(instants - base, -1, reach - 1)
    asked = (rows[:, None] * reach + ends).ravel()
    to: Ints = np.searchsorted(keys, asked, side="right").reshape(len(rows), len(instants))
    first = held.starts[rows][:, None]
    to = np.maximum(to, first)
    known = np.concatenate((intervals(held), [0]))
    interval = np.where((to > first) & held.is_sampled[rows][:, None], known[np.maximum(to - 1, 0)], 0)
    width = np.maximum(window, interval * 5 // 2)
    begins = np.clip(instants - width - base, -1, reach - 1)
    since = np.searchsorted(keys, (rows[:, None] * reach + begins).ravel(), side="right").reshape(to.shape)
    return np.minimum(np.maximum(since, first), to), to, width


def values_at(held: Stretch, members: Members, aggregation: str, window: int, instants: Ints) -> Windowed:
    """The aggregated value of each group at each instant; `window` in ms.

    Memory follows the samples in all windows together: callers with many instants give them in portions.
    """
    present = members.rows >= 0
    size = members.count * len(instants)
    if not present.any():
        nothing = np.zeros((members.count, len(instants)), np.int64)
        empty = nothing.astype(np.float64) if aggregation == HOSTS else np.full(nothing.shape, np.nan)
        return Windowed(empty, nothing)
    rows, groups = members.rows[present], members.groups[present]
    since, to, width = bounds(held, rows, instants, window)
    lengths = (to - since).ravel()
    total = int(lengths.sum())
    ends = np.cumsum(lengths)
    places = np.arange(total) + np.repeat(since.ravel() - (ends - lengths), lengths)
    cell_of_pair = (groups[:, None] * len(instants) + np.arange(len(instants))).ravel()
    cells = np.repeat(cell_of_pair, lengths)
    shape = (members.count, len(instants))
    counts: Ints = np.bincount(cells, minlength=size).reshape(shape)
    if aggregation == HOSTS:
        hosts = _of_pairs(members.hosts, present, to.shape)
        return Windowed(_distinct(hosts, lengths, cells, size, shape), counts)
    values = held.samples.values[places]
    if members.factors is not None:
        values = values * np.repeat(np.repeat(members.factors[present], len(instants)), lengths)
    if aggregation in OF_COUNTERS:
        risen = _rises(held)[places]
        if aggregation == "rate":
            risen = risen / (np.repeat(width.ravel(), lengths) / 1000)
        known = ~np.isnan(risen)
        return Windowed(aggregate("sum", risen[known], cells[known], size).reshape(shape), counts)
    if aggregation == "last":
        order = np.argsort(held.samples.times[places], kind="stable")
        values, cells = values[order], cells[order]
    return Windowed(aggregate(aggregation, values, cells, size).reshape(shape), counts)


def _rises(held: Stretch) -> Floats:
    """How much each sample is above the one before it, over resets; NaN for a series' first."""
    found = rises(held.samples.values)
    found[held.starts[:-1][np.diff(held.starts) > 0]] = np.nan
    return found


def _of_pairs(hosts: Ints | None, present: NDArray[np.bool_], shape: tuple[int, ...]) -> Ints:
    given = np.zeros(len(present), np.int64) if hosts is None else hosts
    return np.repeat(given[present], shape[1])


def _distinct(hosts: Ints, lengths: Ints, cells: Ints, size: int, shape: tuple[int, int]) -> Floats:
    found, _, _ = distinct_pairs(cells, np.repeat(hosts, lengths))
    return np.bincount(found, minlength=size).astype(np.float64).reshape(shape)
