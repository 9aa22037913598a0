"""A metric over a range as cells of equal width, and what a report says of them: means, steps, coverage, gaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.report_ranges import DAY, HOUR, ReportRange

Floats = NDArray[np.float64]
MAX_GAPS = 20


@dataclass(frozen=True, slots=True)
class History:
    """One metric: cell i begins at `first + i * width` (epoch ms); its value is NaN and its weight 0 without samples.

    Values are averages, weights the number of samples (or requests) that they are averages of.
    """

    first: int
    width: int
    values: Floats
    weights: Floats

    @property
    def begins(self) -> NDArray[np.int64]:
        """Where each cell begins."""
        return self.first + np.arange(len(self.values), dtype=np.int64) * self.width

    def mean(self) -> float | None:
        """The average over all samples; None without any."""
        return _weighted(self.values, self.weights)

    def means(self, edges: Sequence[int]) -> list[float | None]:
        """The average of each step between two edges; a cell belongs to the step that it begins in."""
        places = np.searchsorted(np.array(edges[1:], np.int64), self.begins, side="right")
        known = self.weights > 0
        places, weights = places[known], self.weights[known]
        count = len(edges) - 1
        sums = _finite(np.bincount(places, _times(self.values[known], weights), count).astype(np.float64)[:count])
        totals = np.bincount(places, weights, count)[:count]
        return [
            total_sum / total if total else None
            for total_sum, total in zip(sums.tolist(), totals.tolist(), strict=True)
        ]

    def covered(self) -> NDArray[np.bool_]:
        """Which cells have data."""
        return self.weights > 0


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a range (as far as it has elapsed) has data of any metric, and where it has none, in epoch ms."""

    percent: float
    gaps: tuple[tuple[int, int], ...]
    by_metric: dict[str, float]
    seconds: float


def empty_history(ranges: ReportRange, width: int) -> History:
    """A history without samples."""
    first = ranges.start - ranges.start % width
    count = -((first - ranges.end) // width)
    return History(first, width, np.full(count, np.nan), np.zeros(count))


def coverage(histories: dict[str, History], ranges: ReportRange, now: int) -> Coverage:
    """What the histories (all with the same cells) cover of the range up to `now`."""
    some = next(iter(histories.values()))
    begins = some.begins
    elapsed = begins < min(ranges.end, now)
    lengths = np.minimum(begins + some.width, min(ranges.end, now)) - np.maximum(begins, ranges.start)
    lengths = np.where(elapsed, lengths, 0)
    total = max(1, int(lengths.sum()))
    any_data = np.logical_or.reduce([each.covered() for each in histories.values()])
    by_metric = {
        name: 100 * float(lengths[each.covered()].sum()) / total
        for name, each in histories.items()
        if each.covered().any()
    }
    gaps = _runs(begins[elapsed], ~any_data[elapsed], some.width, ranges, now)
    covered = float(lengths[any_data].sum())
    return Coverage(100 * covered / total, tuple(gaps), by_metric, covered / 1000)


def trend_pairs(
    before: History, now: History, ranges: ReportRange, previous: ReportRange
) -> list[tuple[float | None, float | None]]:
    """The blocks of both periods side by side, see trends.py."""
    earlier, later = before.means(_block_edges(previous)), now.means(_block_edges(ranges))
    return list(zip(earlier, later, strict=False))


def _block_edges(ranges: ReportRange) -> list[int]:
    steps = ranges.steps()
    if ranges.step_name == "5m" or ranges.end - ranges.start > 7 * DAY - 2 * HOUR:
        return steps
    return [*range(ranges.start, ranges.end, 3 * HOUR), ranges.end]


def _weighted(values: Floats, weights: Floats) -> float | None:
    known = weights > 0
    total = float(weights[known].sum())
    return float(_finite(_times(values[known], weights[known]).sum())) / total if total else None


def _times(values: Floats, weights: Floats) -> Floats:
    """Each value as often as it weighs."""
    with np.errstate(over="ignore"):
        weighted: Floats = _finite(values * weights)
    return weighted


def _runs(
    begins: NDArray[np.int64], missing: NDArray[np.bool_], width: int, ranges: ReportRange, now: int
) -> Iterable[tuple[int, int]]:
    """Stretches of cells without data, the longest ones first if there are too many; in order of time."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], missing, [False])).astype(np.int8)))
    found = [
        (max(int(begins[a]), ranges.start), min(int(begins[b - 1]) + width, ranges.end, now))
        for a, b in pairwise(edges.tolist())
        if missing[a]
    ]
    longest = sorted(found, key=lambda gap: gap[0] - gap[1])[:MAX_GAPS]
    return sorted(longest)


def _finite(values: Floats) -> Floats:
    """Without infinities: what adds up beyond the largest number is that number."""
    return np.nan_to_num(values, nan=np.nan)
