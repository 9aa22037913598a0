"""What health needs of the world: the state of the stores, the history of checks."""

from __future__ import annotations

from typing import Protocol

from chalicelib.domain.health import HealthReport, StoreFacts


class HealthStore(Protocol):
    """The database, asked for its own state."""

    def facts(self, now: int) -> StoreFacts:
        """All in one round trip. Raises Unavailable."""
        ...


class HealthHistory(Protocol):
    """Keeps what checks found, minute by minute."""

    def add(self, report: HealthReport, keep_since: int) -> None:
        """Keep a report under its minute, once, and forget those before `keep_since`. Raises Unavailable."""
        ...

    def between(self, start: int, end: int, limit: int) -> list[HealthReport]:
        """What was kept of [start, end), oldest first; messages are not kept. Raises Unavailable."""
        ...


class Entries(Protocol):
    """The stream of frames."""

    def read(self, start: str, count: int, end: str = "+") -> list[tuple[str, bytes]]:
        """Up to `count` entries (id, frame) from `start` on; `(id` excludes it. Raises Unavailable."""
        ...
