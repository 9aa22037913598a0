"""Announce: hand the feed of events to the event bus, in order, none skipped.

Two halves: beside the database what is new in the feed goes into a queue, and how far it is goes into the same
transaction; outside of the VPC the queue's messages go to the bus. Each half may repeat itself when it dies in between:
an event arrives at least once, and its `id`, that of the feed, tells whether it has come before.
"""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.domain.errors import Unavailable
from chalicelib.domain.occurrences import Occurrence
from chalicelib.services.ports.alerting import UnitOfWork
from chalicelib.services.ports.announcing import Bus, EventRoad, Feed, HandedOver

BATCH = 10  # what a bus takes in one call
AT_ONCE = 500


class Announce:
    """Hands new events over. A service that has just been given a bus begins with what happens from then on."""

    def __init__(self, unit: UnitOfWork, feed: Feed, handed_over: HandedOver, road: EventRoad) -> None:
        self._unit = unit
        self._feed = feed
        self._handed_over = handed_over
        self._road = road

    def run(self) -> int:
        """Hand over what is new; how many events. Raises Unavailable."""
        with self._unit.transaction():
            if not self._handed_over.hold():
                return 0
            last = self._handed_over.last()
            if last is None:
                self._handed_over.put(self._feed.newest())
                return 0
            events = self._feed.after(last, AT_ONCE)
            for begin in range(0, len(events), BATCH):
                self._road.send(events[begin : begin + BATCH])
            if events:
                self._handed_over.put(events[-1].number)
        return len(events)


class Publish:
    """Puts events on the bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def run(self, events: Sequence[Occurrence]) -> None:
        """Publish events; what the bus refuses for now gets one more try. Raises Unavailable when it does so again."""
        refused = self._bus.put(events)
        if refused and (still := self._bus.put(refused)):
            raise Unavailable(f"The event bus did not take {len(still)} of {len(events)} events.")
