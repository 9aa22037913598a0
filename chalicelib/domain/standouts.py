"""What else changed: which figures of a host or service stand out when an alert fires there.

Each series' level in the last two minutes is compared with its levels in the hour before, two minutes each: how far it
lies from their median, in their usual spread (the median of the distances from it: one odd level counts little).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.quantities import write_quantity

SPAN_MS = 120_000
SPANS_BEFORE = 30
LOOK_BACK_MS = SPAN_MS * (SPANS_BEFORE + 1)
LEAST_SPANS = 10  # with fewer before nobody knows what is usual
STANDS_OUT = 6.0  # usual spreads; noise comes so far on one host in a hundred
MOST = 3
_AS_NORMAL = 1.4826  # makes the median distance of normal noise its standard deviation
_BETWEEN_QUANTILES = 3.3  # standard deviations of normal noise between its 5 % and 95 % quantiles
_LEAST_SHARE = 0.02  # of the usual level: a smaller change is nothing to look at, however still the series was

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Standout:
    """A series that changed: its usual level and the present one; `score` in usual spreads."""

    metric_type: str
    unit: str
    tags: tuple[tuple[str, str], ...]
    before: float
    now: float
    score: float
    per_second: bool = False


@np.errstate(over="ignore")
def levels(times: Ints, values: Floats, at: int) -> tuple[Floats, bool]:
    """The series' level in each of the 31 spans of two minutes up to `at`, the last one last, NaN where it is silent.

    A series that only ever rises is a counter: its levels are rates, and the second answer is true. `times` in epoch ms
    and rising, of (at - LOOK_BACK_MS, at].
    """
    is_counter = len(values) > 2 and bool((np.diff(values) >= 0).all()) and len(np.unique(values)) > 6
    if is_counter:
        seconds = np.diff(times) / 1000
        values, times = np.diff(values) / np.where(seconds > 0, seconds, np.nan), times[1:]
    spans = SPANS_BEFORE - (at - times) // SPAN_MS
    found = np.full(SPANS_BEFORE + 1, np.nan)
    for span in np.unique(spans[(spans >= 0) & (spans <= SPANS_BEFORE)]).tolist():
        found[span] = np.nanmedian(values[spans == span])
    return np.nan_to_num(found, nan=np.nan), is_counter  # between two of the largest numbers lies none


@np.errstate(over="ignore", invalid="ignore")
def score_of(found: Floats) -> tuple[float, float, float]:
    """(score, usual level, present level) of levels, the score 0 where too little is known."""
    before, now = found[:-1][~np.isnan(found[:-1])], float(found[-1])
    if len(before) < LEAST_SPANS or np.isnan(now):
        return 0.0, float("nan"), now
    usual = float(np.nan_to_num(np.median(before)))
    spread = _AS_NORMAL * float(np.median(np.abs(before - usual)))
    # What comes in bursts is still most of the time: the range of nearly all levels counts as well.
    low, high = np.quantile(before, (0.05, 0.95)).tolist()
    spread = max(spread, (high - low) / _BETWEEN_QUANTILES, _LEAST_SHARE * max(abs(usual), abs(now)))
    return (min(abs(now - usual) / spread, sys.float_info.max) if spread else 0.0), usual, now


def most_striking(found: Sequence[Standout]) -> list[Standout]:
    """The three that stand out most, each metric type once."""
    best: dict[str, Standout] = {}
    for each in found:
        if each.score >= STANDS_OUT and (each.metric_type not in best or each.score > best[each.metric_type].score):
            best[each.metric_type] = each
    return sorted(best.values(), key=lambda each: (-each.score, each.metric_type))[:MOST]


def tell_standouts(where: str, found: Sequence[Standout]) -> str:
    """The sentence that says so; `where` like `host=web-1`."""
    if not found:
        return f"Nothing else stands out on {where}"
    return f"Also changed on {where}: " + "; ".join(_said(each) for each in found)


def _said(each: Standout) -> str:
    unit = f"{each.unit}/s" if each.per_second else each.unit
    tags = ", ".join(f"{key}={value}" for key, value in each.tags)
    what = f"{each.metric_type} ({tags})" if tags else each.metric_type
    return f"{what} from {write_quantity(each.before, unit)} to {write_quantity(each.now, unit)}"


def show_standout(each: Standout) -> dict[str, Any]:
    """It as the API shows it."""
    return {
        "metricType": each.metric_type,
        "unit": each.unit,
        "tags": dict(each.tags),
        "before": each.before,
        "now": each.now,
        "perSecond": each.per_second,
        "score": round(each.score, 1),
    }
