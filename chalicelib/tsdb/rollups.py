"""Rollups: count, sum, minimum, maximum and last value per series and period, with a sketch for event series.

A raw sample is a rollup of one: queries put samples and rollups side by side and aggregate them alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from chalicelib.tsdb.aggregate import Floats, bound_of
from chalicelib.tsdb.columns import Columns
from chalicelib.tsdb.pairs import distinct_pairs
from chalicelib.tsdb.sketch import bins_of, values_of

HOUR_MS = 3_600_000
FIVE_MINUTES, HOUR = 300, 3600  # seconds: the two resolutions
MOST_COUNTERS = 20_000_000  # of cells times bins: 160 MB
Ints = NDArray[np.int64]


class Part(Enum):
    """Which columns of rollups are read: the counts always, and what an aggregation needs beside them."""

    TOTALS = "sums"
    FIGURES = "sums and bounds"
    SKETCHES = "sums and sketches"
    ALL = "all"


def part_of(aggregation: str) -> Part:
    """What `aggregate_rollups` looks at for an aggregation."""
    if aggregation in ("avg", "sum", "count"):
        return Part.TOTALS
    from_sketches = re.fullmatch(r"p[\d.]+", aggregation) or bound_of(aggregation)
    return Part.SKETCHES if from_sketches else Part.FIGURES


@dataclass(frozen=True, slots=True)
class Rollups:
    """Parallel arrays, an entry a series and period that has samples; `times` are the periods' begins (epoch ms).

    `sizes` says how many of `bins` and `weights` belong to each entry: the sketch of an event series, none for others.
    """

    ids: Ints
    times: Ints
    counts: Ints
    sums: Floats
    mins: Floats
    maxs: Floats
    lasts: Floats
    sizes: Ints
    bins: Ints
    weights: Ints

    def __len__(self) -> int:
        return len(self.ids)

    def where(self, chosen: NDArray[np.bool_]) -> Rollups:
        """The entries under a mask."""
        if chosen.all():
            return self
        inner = np.repeat(chosen, self.sizes)
        return Rollups(
            self.ids[chosen],
            self.times[chosen],
            self.counts[chosen],
            self.sums[chosen],
            self.mins[chosen],
            self.maxs[chosen],
            self.lasts[chosen],
            self.sizes[chosen],
            self.bins[inner],
            self.weights[inner],
        )

    def times_factors(self, factors: Floats, series: Ints) -> Rollups:
        """In other units: every entry's figures times the factor of its series, which `series` lists ascending."""
        by = factors[np.searchsorted(series, self.ids)]
        bins = self.bins
        if len(bins):
            bins = bins_of(values_of(bins) * np.repeat(by, self.sizes))
        return replace(
            self, sums=self.sums * by, mins=self.mins * by, maxs=self.maxs * by, lasts=self.lasts * by, bins=bins
        )


def roll_up(samples: Columns, is_event: NDArray[np.bool_], seconds: int) -> Rollups:
    """The rollups of samples sorted by series and time; `is_event` by sample."""
    if not len(samples):
        return nothing()
    periods = samples.times // (seconds * 1000)
    starts = np.flatnonzero(
        np.concatenate(([True], (samples.ids[1:] != samples.ids[:-1]) | (periods[1:] != periods[:-1])))
    )
    ends = np.append(starts[1:], len(samples))
    values = samples.values
    entry = np.repeat(np.arange(len(starts)), ends - starts)[is_event]
    entries, bins, weights = distinct_pairs(entry, bins_of(values[is_event]))
    return Rollups(
        ids=samples.ids[starts],
        times=periods[starts] * (seconds * 1000),
        counts=ends - starts,
        sums=np.add.reduceat(values, starts),
        mins=np.minimum.reduceat(values, starts),
        maxs=np.maximum.reduceat(values, starts),
        lasts=values[ends - 1],
        sizes=np.bincount(entries, minlength=len(starts)),
        bins=bins,
        weights=weights,
    )


def of_samples(samples: Columns) -> Rollups:
    """Each sample as a rollup of its own."""
    none = np.empty(0, np.int64)
    values, count = samples.values, len(samples)
    sizes = np.zeros(count, np.int64)
    return Rollups(
        samples.ids, samples.times, np.ones(count, np.int64), values, values, values, values, sizes, none, none
    )


def merge(parts: Sequence[Rollups]) -> Rollups:
    """All parts as one, entries of one series and period joined; of their last values the later part's counts."""
    found = concatenate(parts)
    if not len(found):
        return found
    order = np.lexsort((found.times, found.ids))
    ids, times = found.ids[order], found.times[order]
    starts = np.flatnonzero(np.concatenate(([True], (ids[1:] != ids[:-1]) | (times[1:] != times[:-1]))))
    ends = np.append(starts[1:], len(order)) - 1
    new_entry = np.empty(len(order), np.int64)
    new_entry[order] = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(order))))
    entry = np.repeat(new_entry, found.sizes)
    entries, bins, weights = distinct_pairs(entry, found.bins, found.weights)
    return Rollups(
        ids=ids[starts],
        times=times[starts],
        counts=np.add.reduceat(found.counts[order], starts),
        sums=np.add.reduceat(found.sums[order], starts),
        mins=np.minimum.reduceat(found.mins[order], starts),
        maxs=np.maximum.reduceat(found.maxs[order], starts),
        lasts=found.lasts[order][ends],
        sizes=np.bincount(entries, minlength=len(starts)),
        bins=bins,
        weights=weights,
    )


def concatenate(parts: Sequence[Rollups]) -> Rollups:
    """All parts behind one another."""
    parts = [part for part in parts if len(part)]
    if len(parts) == 1:
        return parts[0]
    names = ("ids", "times", "counts", "sums", "mins", "maxs", "lasts", "sizes", "bins", "weights")
    if not parts:
        return nothing()
    return Rollups(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def nothing() -> Rollups:
    """No rollups."""
    i, f = np.empty(0, np.int64), np.empty(0, np.float64)
    return Rollups(i, i, i, f, f, f, f, i, i, i)


def aggregate_rollups(aggregation: str, found: Rollups, cells: Ints, size: int) -> Floats:
    """One value per cell, NaN where a cell has nothing; `cells` by entry. For `last`, entries in the order of time.

    avg, min, max, sum, count and last are exact. Percentiles come from the sketches, within 1 %; where a series has
    none, each entry's average stands for its samples. Raises ValueError for what cannot be told from rollups.
    """
    counts = np.bincount(cells, weights=found.counts, minlength=size)
    empty = counts == 0
    if aggregation == "count":
        return np.where(empty, np.nan, counts)
    if aggregation in ("sum", "avg"):
        totals = np.bincount(cells, weights=found.sums, minlength=size)
        values = np.full(size, np.nan)
        np.divide(totals, counts if aggregation == "avg" else 1.0, out=values, where=~empty)
        return values
    if aggregation in ("min", "max"):
        extreme = np.full(size, np.inf if aggregation == "min" else -np.inf)
        (np.minimum if aggregation == "min" else np.maximum).at(
            extreme, cells, found.mins if aggregation == "min" else found.maxs
        )
        return np.where(empty, np.nan, extreme)
    if aggregation == "last":
        values = np.full(size, np.nan)
        values[cells] = found.lasts
        return values
    if bound := bound_of(aggregation):
        return _share_up_to(found, cells, size, bound)
    if aggregation.startswith("p"):
        return _percentile(found, cells, size, float(aggregation[1:]) / 100)
    raise ValueError(aggregation)


def _share_up_to(found: Rollups, cells: Ints, size: int, bound: float) -> Floats:
    """The share of samples that are at most so much, those of the bound's own bin counted in."""
    entries = np.repeat(np.arange(len(found), dtype=np.int32), found.sizes)
    is_low = found.bins <= bins_of(np.array([bound]))[0]
    below = np.bincount(cells[entries[is_low]], found.weights[is_low], size).astype(np.float64)
    plain = (found.sizes == 0) & (found.sums <= bound * found.counts)
    below += np.bincount(cells[plain], found.counts[plain], size)
    totals = np.bincount(cells, found.counts, size)
    shares = np.full(size, np.nan)
    np.divide(below, totals, out=shares, where=totals > 0)
    return shares


def _percentile(found: Rollups, cells: Ints, size: int, share: float) -> Floats:
    plain = found.sizes == 0
    span = int(found.bins.max() - found.bins.min()) + 1 if len(found.bins) else 0
    if span and not plain.any() and size * span <= MOST_COUNTERS:
        return _percentile_of_bins(found, cells, size, share, span)
    values = np.concatenate((values_of(found.bins), found.sums[plain] / found.counts[plain]))
    weights = np.concatenate((found.weights, found.counts[plain]))
    where = np.concatenate((np.repeat(cells, found.sizes), cells[plain]))
    order = np.lexsort((values, where))
    values, weights, where = values[order], weights[order], where[order]
    result = np.full(size, np.nan)
    if not len(values):
        return result
    starts = np.flatnonzero(np.concatenate(([True], where[1:] != where[:-1])))
    running = np.cumsum(weights)
    before = np.concatenate(([0], running[:-1]))[starts]
    totals = np.append(before[1:], running[-1]) - before
    # The sample at this place, counted through the whole array, is the one that the share falls on.
    places = before + np.floor((totals - 1) * share) + 1
    result[where[starts]] = values[np.searchsorted(running, places, side="left")]
    return result


def _percentile_of_bins(found: Rollups, cells: Ints, size: int, share: float, span: int) -> Floats:
    """The same where sketches tell all: a counter for each cell and bin, with nothing to sort."""
    lowest = int(found.bins.min())
    places = np.repeat(cells * span - lowest, found.sizes) + found.bins
    running = np.bincount(places, weights=found.weights, minlength=size * span).reshape(size, span).cumsum(axis=1)
    totals = running[:, -1]
    wanted = np.floor((totals - 1) * share) + 1
    bins = np.where(totals > 0, (running < wanted[:, None]).sum(axis=1), 0) + lowest
    return np.where(totals > 0, values_of(bins), np.nan)
