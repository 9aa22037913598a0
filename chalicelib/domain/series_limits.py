"""How many series there may be, so that one tag with endless values harms nobody but its own metric."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Refusal(StrEnum):
    """Why a series is not taken up."""

    SERIES_PER_METRIC = "series_per_metric"  # its metric type has as many as it may
    NEW_SERIES_PER_HOUR = "new_series_per_hour"  # so many have been new in this hour


@dataclass(frozen=True, slots=True)
class SeriesLimits:
    """At most so many series of one metric type, and so many new ones of all types in an hour of the clock."""

    per_metric: int
    new_per_hour: int


@dataclass(frozen=True, slots=True)
class RefusedSamples:
    """How many samples of a metric type were refused lately, and why; `last_hour`: when the last of them came."""

    metric_type: str
    reason: Refusal
    samples: int
    last_hour: datetime | None = None


@dataclass(frozen=True, slots=True)
class Defined:
    """What became of definitions.

    `numbers`: series id -> metric type number of those that stand in the catalogue. `refused`: series id -> (metric
    type number, why) of those that do not, for there are too many.
    """

    numbers: Mapping[int, int]
    refused: Mapping[int, tuple[int, Refusal]]


def admit(
    fresh: Iterable[tuple[int, int]], counts: Mapping[int, int], new_this_hour: int, limits: SeriesLimits
) -> dict[int, tuple[int, Refusal]]:
    """The new series that are refused, the first that come being the first taken; `fresh`: (series id, metric number).

    `counts`: how many series each metric has. What is refused of one metric leaves room for the others.
    """
    counted = dict(counts)
    room = limits.new_per_hour - new_this_hour
    refused = {}
    for series, metric in fresh:
        if counted.get(metric, 0) >= limits.per_metric:
            refused[series] = (metric, Refusal.SERIES_PER_METRIC)
        elif room <= 0:
            refused[series] = (metric, Refusal.NEW_SERIES_PER_HOUR)
        else:
            counted[metric] = counted.get(metric, 0) + 1
            room -= 1
    return refused
