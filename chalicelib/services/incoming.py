"""Samples as they come in, whatever protocol brought them: decoded and typed, not yet turned into series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress
from math import isnan

import msgspec

from chalicelib.domain.errors import FieldError
from chalicelib.domain.series import Kind

MAX_REASONS = 1_000


class Sample(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One event: the body of the record-metric call. `timestamp` None = the server's now."""

    metric_type: str = msgspec.field(name="metricType")
    value: float
    unit: str | None = None
    tags: dict[str, str] = {}
    timestamp: str | int | float | None = None


class Snapshot(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One host's sampled values of one instant, with shared tags; `units` by metric type, where not the usual ones."""

    metrics: dict[str, float]
    tags: dict[str, str] = {}
    timestamp: str | int | float | None = None
    units: dict[str, str] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """What names a series. Equal only to itself: readers hand out the same object again for the same series, so that
    finding its row costs one look-up and compares no text."""

    metric_type: str
    tags: dict[str, str]
    unit: str | None = None
    kind: Kind = Kind.SAMPLED


@dataclass(slots=True)
class Points:
    """Points of sampled series as columns of one length: what remote write and OTLP send.

    `times` are epoch ms, `indexes` count the body's elements, as in `Batch`.
    """

    series: list[Series] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    indexes: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.series)

    def add(self, index: int, series: Series, time: int, value: float) -> None:
        """Add one point."""
        self.series.append(series)
        self.times.append(time)
        self.values.append(value)
        self.indexes.append(index)

    def keep(self, good: Sequence[bool]) -> None:
        """Keep the points that are marked, let the others go."""
        self.series = [*compress(self.series, good)]
        self.times = [*compress(self.times, good)]
        self.values = [*compress(self.values, good)]
        self.indexes = [*compress(self.indexes, good)]


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """Series that come together each time, in this order; equal only to itself, as a series is. `indexes` are those of
    `Points`, but counted from the first element that these series came in."""

    series: list[Series]
    indexes: list[int]


@dataclass(frozen=True, slots=True)
class Run:
    """A point of each series of `together`; times and values as in `Points`, `first` is what its indexes begin with."""

    together: Together
    first: int
    times: list[int]
    values: list[float]

    def add_to(self, points: Points) -> None:
        """Add them one by one."""
        points.series += self.together.series
        points.times += self.times
        points.values += self.values
        points.indexes += [self.first + index for index in self.together.indexes]


def without_nan(points: Points) -> None:
    """Let go of points whose value is NaN: those who send them mean that there is none."""
    if any(map(isnan, points.values)):
        points.keep([not isnan(value) for value in points.values])


@dataclass(frozen=True, slots=True)
class Events:
    """Samples of event series as columns of one length, in the body's order: a flat list of which every element has
    the right types. `timestamps` are as they were sent; None = the server's now."""

    series: list[Series]
    timestamps: list[str | int | float | None]
    values: list[float]

    def one_by_one(self) -> Iterator[tuple[int, Sample]]:
        """The same with an object a sample, by their place in the body."""
        for index, (series, timestamp, value) in enumerate(zip(self.series, self.timestamps, self.values, strict=True)):
            yield index, Sample(series.metric_type, value, series.unit, series.tags, timestamp)


@dataclass(slots=True)
class Batch:
    """One request's samples, and what was already wrong with it; `index` counts the body's elements,
    None for a sample that is the whole body."""

    samples: list[tuple[int | None, Sample]] = field(default_factory=list)
    events: Events | None = None
    snapshots: list[tuple[int | None, Snapshot]] = field(default_factory=list)
    points: Points = field(default_factory=Points)
    runs: list[Run] = field(default_factory=list)
    errors: list[FieldError] = field(default_factory=list)
    rejected: int = 0

    def reject(self, index: int | None, field_name: str, reason: str, samples: int = 1) -> None:
        """Count samples that cannot be recorded, and say why, as long as anybody would read it."""
        self.rejected += samples
        if len(self.errors) < MAX_REASONS:
            self.errors.append(FieldError(index, field_name, reason))


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch: every sample is either accepted or rejected."""

    accepted: int
    rejected: int
    errors: tuple[FieldError, ...]
