"""What the catalogue tells of metric types and tags."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.domain.series import Kind
from chalicelib.domain.series_limits import RefusedSamples


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


@dataclass(frozen=True, slots=True)
class MetricSize:
    """What one metric type takes: series in the catalogue, and samples and bytes in its blocks.

    `queried_on` is the last day on which somebody asked for it, None when nobody did.
    """

    name: str
    series: int
    samples: int
    bytes: int
    queried_on: date | None


@dataclass(frozen=True, slots=True)
class TagKeySize:
    """How many values a tag key has, and how many series carry it."""

    key: str
    values: int
    series: int


@dataclass(frozen=True, slots=True)
class Cardinality:
    """How many series there are, and what makes most of them, the largest first; `refused`: what was too much."""

    series: int
    metrics: list[MetricSize]
    tags: list[TagKeySize]
    refused: list[RefusedSamples]
