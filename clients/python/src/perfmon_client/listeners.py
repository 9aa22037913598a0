"""Who listens to what. A listener that fails is logged: it is not the monitored program's trouble."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from perfmon_client.quiet_log import QuietLog

Listener = Callable[[dict[str, Any]], object]

FEED_EVENTS = ("alertTriggered", "alertAcknowledged", "alertResolved", "reportGenerated")
EVENTS = (*FEED_EVENTS, "metricRecorded")


class Listeners:
    """Lists are replaced rather than changed: whoever walks along one is not disturbed."""

    def __init__(self, log: QuietLog) -> None:
        self._log = log
        self._by_event: dict[str, list[Listener]] = {event: [] for event in EVENTS}

    def add(self, event: str, listener: Listener) -> None:
        """Raises ValueError for an event that there is not, which nobody would ever hear."""
        if event not in self._by_event:
            raise ValueError(f"event: one of {', '.join(EVENTS)}.")
        self._by_event[event] = [*self._by_event[event], listener]

    def remove(self, event: str, listener: Listener) -> None:
        """Whoever does not listen is not removed either."""
        self._by_event[event] = [each for each in self._by_event.get(event, []) if each != listener]

    def has(self, *events: str) -> bool:
        """Whether somebody listens to one of these."""
        return any(self._by_event[event] for event in events)

    def emit(self, event: str, data: dict[str, Any]) -> None:
        """Tell everybody who listens, in the order in which they began."""
        for listener in self._by_event.get(event, []):
            try:
                listener(data)
            except Exception as error:  # noqa: BLE001 -- the next one is told all the same
                self._log.warn(f"a listener to {event} failed: {type(error).__name__}: {error}")
