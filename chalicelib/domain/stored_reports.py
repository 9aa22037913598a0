"""Reports as they are kept: what is listed of them, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.instants import to_iso


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report that was built on a schedule; instants in epoch ms, `end` exclusive.

    `document` is its JSON form and `page` its HTML; both empty in lists. `sent_at`: when it was handed over to be
    mailed, or found to have no recipients.
    """

    id: str
    schedule_id: str | None
    period: str
    start: int
    end: int
    created_at: int
    title: str
    document: Mapping[str, Any]
    page: str = ""
    sent_at: int | None = None


def show_stored(report: StoredReport) -> dict[str, Any]:
    """The report as lists show it, and as the event `reportGenerated` tells it."""
    return {
        "id": report.id,
        "scheduleId": report.schedule_id,
        "period": report.period,
        "startDate": to_iso(report.start),
        "endDate": to_iso(report.end - 1),
        "createdAt": to_iso(report.created_at),
        "title": report.title,
        "sentAt": None if report.sent_at is None else to_iso(report.sent_at),
    }
