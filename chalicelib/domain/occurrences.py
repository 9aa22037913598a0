"""Something that happened, as the feed of events tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.instants import to_iso

ALERT_TRIGGERED = "alertTriggered"
ALERT_ACKNOWLEDGED = "alertAcknowledged"
ALERT_RESOLVED = "alertResolved"
REPORT_GENERATED = "reportGenerated"
EVENT_TYPES = (ALERT_TRIGGERED, ALERT_ACKNOWLEDGED, ALERT_RESOLVED, REPORT_GENERATED)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event with its number in the feed; `at` in epoch ms, `data` as the API shows the thing it happened to."""

    number: int
    type: str
    at: int
    data: Mapping[str, Any]


def show_occurrence(event: Occurrence) -> dict[str, Any]:
    """The event as the feed shows it."""
    return {"id": str(event.number), "type": event.type, "at": to_iso(event.at), "data": dict(event.data)}
