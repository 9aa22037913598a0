"""What the catalogue tells of metric types and tags."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.series import Kind


@dataclass(frozen=True, slots=True)
class MetricEntry:
    """One metric type; `last_hour` is the hour of its newest drained sample, None when there is none any more."""

    name: str
    units: list[str]
    kinds: list[Kind]
    series: int
    first_seen: datetime
    last_hour: datetime | None


@dataclass(frozen=True, slots=True)
class TagEntry:
    """A tag's key and one of its values, and how many series carry it."""

    key: str
    value: str
    series: int
