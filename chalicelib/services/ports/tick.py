"""What the tick and the readiness check need of the world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class TickStore(Protocol):
    """Remembers the last instant."""

    def advance(self, instant: int, *, latest: int) -> bool:
        """Make `instant` the last one; False when it is not after the one before. Raises Unavailable.

        One before that lies after `latest` is of a clock that went wrong, and does not count. Both are epoch ms.
        """
        ...


class TickQueue(Protocol):
    """Brings instants back when they have come."""

    def send(self, delays: Mapping[int, int]) -> None:
        """Send instants (epoch ms), each with a delay in whole seconds."""
        ...


class Housekeeping(Protocol):
    """Lets go of what has been kept for long enough."""

    def run(self, now: int) -> None:
        """Delete what has expired at `now` (epoch ms). Raises Unavailable."""
        ...


class DrainReport(Protocol):
    """What the drain counted."""

    def report(self) -> dict[str, Any]:
        """Counts and instants under the names that health shows. Raises Unavailable."""
        ...


class BufferLength(Protocol):
    """How much lies in the buffer."""

    def length(self) -> int:
        """Frames in the stream, drained ones that are kept to be read live among them. Raises Unavailable."""
        ...

    def check_room(self) -> None:
        """Raises Unavailable when the buffer would not take a frame now."""
        ...
