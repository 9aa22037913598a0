"""The few tests that reports rest on, exact where samples are small: signed ranks, rank correlation, slopes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_EXACT_UP_TO = 60  # 60 pairs are 220,000 additions


def signed_rank_p(differences: Sequence[float]) -> float:
    """The two-sided p-value of Wilcoxon's signed-rank test: how likely so one-sided a set of differences is by chance.

    Zero differences are left out. Exact up to 60 differences, ties included; the normal approximation beyond.
    """
    left = [each for each in differences if each != 0]
    if not left:
        return 1.0
    # Twice the ranks are whole numbers even where ties share an average rank.
    doubled = [round(2 * rank) for rank in ranks(np.abs(np.array(left))).tolist()]
    positive = sum(rank for rank, each in zip(doubled, left, strict=True) if each > 0)
    total = sum(doubled)
    smaller = min(positive, total - positive)
    if len(left) > _EXACT_UP_TO:
        spread = math.sqrt(sum(rank * rank for rank in doubled)) / 2
        return min(1.0, math.erfc((total / 2 - smaller) / spread / math.sqrt(2)))
    ways = np.zeros(total + 1)
    ways[0] = 1.0
    for rank in doubled:
        ways[rank:] = ways[rank:] + ways[: total + 1 - rank]
    return float(min(1.0, 2 * ways[: smaller + 1].sum() / 2.0 ** len(left)))


def ranks(values: Floats) -> Floats:
    """Ranks from 1; equal values share the average of theirs."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.concatenate(([0], np.flatnonzero(np.diff(ordered)) + 1, [len(values)]))
    shared = np.repeat((starts[:-1] + starts[1:] + 1) / 2, np.diff(starts))
    result = np.empty(len(values))
    result[order] = shared
    return result


def rank_correlation(first: Floats, second: Floats) -> float:
    """Spearman's rho; 0 where either does not vary."""
    a, b = ranks(first), ranks(second)
    a, b = a - a.mean(), b - b.mean()
    scale = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / scale if scale else 0.0


def correlation_p(rho: float, samples: float) -> float:
    """The two-sided p-value of a correlation over so many independent samples (may be fractional), by Fisher's z."""
    if samples <= 3:
        return 1.0
    if abs(rho) >= 1:
        return 0.0
    z = math.atanh(rho) * math.sqrt((samples - 3) / 1.06)  # 1.06: Fieller's correction for ranks
    return math.erfc(abs(z) / math.sqrt(2))


def effective_samples(first: Floats, second: Floats) -> float:
    """How many independent pairs two series in order of time are worth: neighbours that are alike count less.

    After Bartlett: n / (1 + 2 sum r1(k) r2(k)) over lags up to a fifth of the length, never more than n.
    """
    n = len(first)
    a, b = _autocorrelations(ranks(first), n // 5), _autocorrelations(ranks(second), n // 5)
    weights = 1 - np.arange(1, len(a) + 1) / n
    return n / max(1.0, 1 + 2 * float((weights * a * b).sum()))


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line through points: its value at x = 0, its slope, and between which bounds the slope lies (95 %)."""

    at_zero: float
    slope: float
    low: float
    high: float

    def at(self, x: float) -> float:
        """Its value at x."""
        return self.at_zero + self.slope * x


def robust_line(x: Floats, y: Floats) -> Line:
    """The Theil-Sen line: the median of all slopes, so that a few outliers do not tilt it. At least two different x.

    The bounds are Sen's, for independent noise.
    """
    n = len(x)
    rows, columns = np.triu_indices(n, 1)
    runs = x[columns] - x[rows]
    slopes = np.sort(((y[columns] - y[rows])[runs != 0]) / runs[runs != 0])
    slope = float(np.median(slopes))
    spread = 1.96 * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = max(0, round((len(slopes) - spread) / 2) - 1)
    high = min(len(slopes) - 1, round((len(slopes) + spread) / 2))
    return Line(float(np.median(y - slope * x)), slope, float(slopes[low]), float(slopes[high]))


def _autocorrelations(values: Floats, lags: int) -> Floats:
    centred = values - values.mean()
    power = float(centred @ centred)
    if not power:
        return np.zeros(lags)
    return np.array([float(centred[k:] @ centred[:-k]) / power for k in range(1, lags + 1)])
