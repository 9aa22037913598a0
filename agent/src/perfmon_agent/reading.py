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


def tag(text: str) -> str:
    """Text of the system's or of others as the value of a tag: 1 to 256 characters that can be written as UTF-8."""
    return text.encode("utf-8", "replace").decode()[:256] or "-"


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
        if reading.unit:
            snapshot["units"][reading.name] = reading.unit
    return list(by_tags.values())
