"""Active users: hourly sketches are merged into PostgreSQL, and counted over any range of hours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

HOUR_MS = 3_600_000
BACK = 2  # hours that may still change: a request may have been under way when the hour ended


class Sketches(Protocol):
    """The sketches that ingest counts into."""

    def sketch(self, hour: int) -> bytes | None:
        """The sketch of an hour; None when nobody was counted. Raises Unavailable."""
        ...

    def merge(self, sketches: Sequence[bytes], name: str) -> bytes:
        """All sketches in one. Raises Unavailable."""
        ...

    def count(self, sketches: Sequence[bytes], name: str) -> int:
        """How many different ones are in all of them. Raises Unavailable."""
        ...


class KeptSketches(Protocol):
    """The sketches that are kept."""

    def get(self, start: int, end: int) -> list[bytes]:
        """Those of the hours that begin in [start, end), epoch ms. Raises Unavailable."""
        ...

    def put(self, hour: int, sketch: bytes) -> None:
        """Keep an hour's. Raises Unavailable."""
        ...

    def forget(self, now: int) -> None:
        """Let go of what has been kept for long enough. Raises Unavailable."""
        ...


class ActiveUsers:
    """Keeps and counts."""

    def __init__(self, sketches: Sketches, kept: KeptSketches, new_name: Callable[[], str]) -> None:
        self._sketches = sketches
        self._kept = kept
        self._new_name = new_name

    def run(self, now: int) -> None:
        """Merge what has been counted into what is kept: what Valkey has lost meanwhile stays counted."""
        this_hour = now - now % HOUR_MS
        for hour in range(this_hour - (BACK - 1) * HOUR_MS, this_hour + 1, HOUR_MS):
            counted = self._sketches.sketch(hour)
            if counted is None:
                continue
            before = self._kept.get(hour, hour + 1)
            merged = self._sketches.merge([*before, counted], self._new_name())
            if [merged] != before:
                self._kept.put(hour, merged)
        self._kept.forget(now)

    def active_users(self, start: int, end: int, now: int) -> int | None:
        """How many different users sent in the hours that meet [start, end), epoch ms; None when nobody was counted.

        Raises Unavailable.
        """
        first = start - start % HOUR_MS
        found = self._kept.get(first, end)
        # What has been counted since it was last kept; an hour that is in both is counted once all the same.
        recent = range(max(first, now - now % HOUR_MS - (BACK - 1) * HOUR_MS), end, HOUR_MS)
        found += [sketch for hour in recent if (sketch := self._sketches.sketch(hour)) is not None]
        return self._sketches.count(found, self._new_name()) or None
