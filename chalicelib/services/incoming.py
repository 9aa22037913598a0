"""Samples as they come in, whatever protocol brought them: decoded and typed, not yet turned into series."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from chalicelib.domain.errors import FieldError


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


@dataclass(frozen=True, slots=True)
class Points:
    """Points of one sampled series, (epoch ms, value) each: what remote write and OTLP send."""

    metric_type: str
    tags: dict[str, str]
    points: list[tuple[int, float]]
    unit: str | None = None


@dataclass(slots=True)
class Batch:
    """One request's samples, and what was already wrong with it; `index` counts the body's elements,
    None for a sample that is the whole body."""

    samples: list[tuple[int | None, Sample]] = field(default_factory=list)
    snapshots: list[tuple[int | None, Snapshot]] = field(default_factory=list)
    points: list[tuple[int | None, Points]] = field(default_factory=list)
    errors: list[FieldError] = field(default_factory=list)
    rejected: int = 0

    def reject(self, index: int | None, field_name: str, reason: str, samples: int = 1) -> None:
        """Count samples that cannot be recorded, and say why."""
        self.rejected += samples
        self.errors.append(FieldError(index, field_name, reason))


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch: every sample is either accepted or rejected."""

    accepted: int
    rejected: int
    errors: tuple[FieldError, ...]
