"""One figure that a probe read, and how readings become snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Reading:
    """A metric's value now; `tags` come on top of the host's."""

    name: str
    value: float
    unit: str
    tags: dict[str, str] = field(default_factory=dict)


class Probe(Protocol):
    """Reads one corner of the machine."""

    def read(self, now: float) -> Iterable[Reading]:
        """What there is to tell at `now`, in seconds of a monotonic clock; rates need two readings."""
        ...


def snapshots(readings: Iterable[Reading], tags: Mapping[str, str], at_ms: int) -> list[dict[str, Any]]:
    """The readings of one instant as the API takes them: one snapshot for each set of tags. `tags` = the host's."""
    by_tags: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
    for reading in readings:
        key = tuple(sorted(reading.tags.items()))
        snapshot = by_tags.setdefault(
            key, {"tags": {**tags, **reading.tags}, "timestamp": at_ms, "metrics": {}, "units": {}}
        )
        snapshot["metrics"][reading.name] = reading.value
        snapshot["units"][reading.name] = reading.unit
    return list(by_tags.values())
