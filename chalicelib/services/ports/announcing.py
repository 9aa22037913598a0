"""What handing the feed of events to an event bus needs of the world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from chalicelib.domain.occurrences import Occurrence


class Feed(Protocol):
    """The feed of events."""

    def after(self, number: int, limit: int) -> list[Occurrence]:
        """Events after a number, in order."""
        ...

    def newest(self) -> int:
        """The number of the newest event, 0 when there is none."""
        ...


class HandedOver(Protocol):
    """How far the feed has been handed over."""

    def hold(self) -> bool:
        """Keep everybody else out until the transaction ends; False when somebody else does."""
        ...

    def last(self) -> int | None:
        """The number of the last event that was handed over; None: nothing ever was."""
        ...

    def put(self, number: int) -> None:
        """Remember how far it is now."""
        ...


class EventRoad(Protocol):
    """Takes events to the function that can reach the bus."""

    def send(self, events: Sequence[Occurrence]) -> None:
        """Hand over at most 10 events, in order. Raises Unavailable."""
        ...


class Bus(Protocol):
    """An event bus."""

    def put(self, events: Sequence[Occurrence]) -> list[Occurrence]:
        """Publish at most 10 events; those that the bus refused for now. Raises Unavailable."""
        ...
