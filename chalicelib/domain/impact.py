"""Business impact: which business metrics follow performance, told only where it holds up.

1. Both are cut into aligned buckets; the usual value at that time of day is taken off both, because everything that
   follows the day correlates with everything else that does.
2. Spearman's rank correlation at each lag up to 60 minutes, performance first.
3. Buckets resemble their neighbours: the p-value counts only as many of them as they are worth (Bartlett).
4. Bonferroni: p is multiplied by the number of pairs and lags that were tried. A pair is told when p < 0.05 and rho is
   at least 0.3 either way. On noise, at most one report in twenty says anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.report_ranges import DAY
from chalicelib.domain.reports import Impact
from chalicelib.domain.statistics import correlation_p, effective_samples, rank_correlation

Floats = NDArray[np.float64]
ALPHA = 0.05
LEAST_RHO = 0.3
LEAST_BUCKETS = 24
LEAST_DAYS = 3  # as many days must show what is usual at a time of day
LONGEST_LAG_MS = 3_600_000
MOST_TOLD = 5


def find_impacts(performance: Mapping[str, Floats], business: Mapping[str, Floats], width: int) -> tuple[Impact, ...]:
    """The pairs that hold up, the surest first. Arrays of one length, a bucket of `width` ms each, NaN = no data."""
    lags = range(LONGEST_LAG_MS // width + 1)
    tried = len(performance) * len(business) * len(lags)
    usual = {name: _without_rhythm(values, width) for name, values in {**performance, **business}.items()}
    found = [
        impact
        for leading in performance
        for following in business
        if (impact := _strongest(leading, following, usual, lags, tried, width)) is not None
    ]
    return tuple(sorted(found, key=lambda impact: impact.p_value)[:MOST_TOLD])


def _strongest(
    leading: str, following: str, values: Mapping[str, Floats], lags: Sequence[int], tried: int, width: int
) -> Impact | None:
    """The pair at its surest lag; None when it does not hold up."""
    best: Impact | None = None
    for lag in lags:
        first, second = values[leading], values[following]
        first, second = first[: len(first) - lag], second[lag:]
        known = ~(np.isnan(first) | np.isnan(second))
        first, second = first[known], second[known]
        if len(first) < LEAST_BUCKETS:
            continue
        rho = rank_correlation(first, second)
        if abs(rho) < LEAST_RHO:
            continue
        p_value = min(1.0, tried * correlation_p(rho, effective_samples(first, second)))
        if p_value < ALPHA and (best is None or abs(rho) > abs(best.rho)):
            best = Impact(leading, following, rho, lag * width // 60_000, p_value, len(first))
    return best


def _without_rhythm(values: Floats, width: int) -> Floats:
    """What differs from the median at the same time of day; the values themselves when there are too few days."""
    a_day = DAY // width
    days = len(values) // a_day
    if days < LEAST_DAYS:
        return values
    padded = np.full((days + 1) * a_day, np.nan)
    padded[: len(values)] = values
    table = padded.reshape(-1, a_day)
    usual = np.zeros(a_day)
    some = ~np.isnan(table).all(axis=0)
    usual[some] = np.nanmedian(table[:, some], axis=0)
    return (table - usual).ravel()[: len(values)]
