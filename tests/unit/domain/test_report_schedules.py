"""When reports are due, by whose clock, and what they are about."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.instants import to_iso
from chalicelib.domain.report_ranges import DAY, HOUR
from chalicelib.domain.report_schedules import ReportSchedule, amend_schedule, read_schedule, write_schedule


def at(text: str) -> int:
    """Epoch ms."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def schedule(**given: Any) -> ReportSchedule:
    """A schedule out of its JSON form."""
    return read_schedule({"period": "daily", **given}, schedule_id="s", zone="UTC")


@pytest.mark.parametrize(
    ("given", "now", "due", "start", "end"),
    [
        ({"period": "hourly"}, "2024-01-10T12:05Z", "12:00", "2024-01-10T11:00", "2024-01-10T11:59"),
        ({"period": "daily"}, "2024-01-10T12:05Z", "08:00", "2024-01-09T00:00", "2024-01-09T23:59"),
        ({"period": "daily"}, "2024-01-10T07:59Z", "08:00", "2024-01-08T00:00", "2024-01-08T23:59"),
        ({"period": "weekly"}, "2024-01-10T12:05Z", "08:00", "2024-01-01T00:00", "2024-01-07T23:59"),
        ({"period": "monthly", "hour": 0}, "2024-01-10T12:05Z", "00:00", "2023-12-01T00:00", "2023-12-31T23:59"),
        ({"timezone": "Asia/Kolkata"}, "2024-01-10T02:35Z", "02:30", "2024-01-08T18:30", "2024-01-09T18:29"),
        # New York puts the clock forward at two in the morning: half past two does not exist that day
        (
            {"timezone": "America/New_York", "hour": 2},
            "2024-03-10T08:00Z",
            "07:00",
            "2024-03-09T05:00",
            "2024-03-10T04:59",
        ),
    ],
)
def test_a_report_is_about_the_period_that_was_over_when_it_became_due(
    given: dict[str, Any], now: str, due: str, start: str, end: str
) -> None:
    found = schedule(**given)
    was_due = found.last_due(at(now))
    ranges = found.range_at(was_due)
    assert to_iso(was_due)[11:16] == due
    assert (to_iso(ranges.start)[:16], to_iso(ranges.end - 1)[:16]) == (start, end)
    assert found.next_due(at(now)) > at(now) >= was_due


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC"]
)
@pytest.mark.parametrize(
    ("period", "begin", "days"),
    [
        *(("hourly", "2026-03-01T00:10Z", 45), ("hourly", "2026-09-25T00:10Z", 45)),
        *(("daily", "2026-01-01T12:00Z", 400), ("weekly", "2026-01-01T12:00Z", 400)),
        *(("monthly", "2027-12-15T12:00Z", 400), ("daily", "2099-12-15T12:00Z", 100)),
        *(("monthly", "2037-12-15T12:00Z", 400), ("monthly", "2099-12-15T12:00Z", 400)),
    ],
)
def test_from_report_to_report_no_instant_is_left_out(zone: str, period: str, begin: str, days: int) -> None:
    """Through both changes of the clock, leap days, 2038, and a year like 2100 without one."""
    found = schedule(period=period, timezone=zone, hour=2)
    due = found.next_due(at(begin))
    ends = due + days * DAY
    told_until = found.range_at(due).start
    while due < ends:
        ranges = found.range_at(found.last_due(due))
        # half an hour is told twice where the hours of the clock begin elsewhere from then on
        overlap = HOUR // 2 if (zone, period) == ("Australia/Lord_Howe", "hourly") else 0
        assert told_until - overlap <= ranges.start <= told_until, to_iso(due)
        assert ranges.end <= due
        told_until = ranges.end
        following = found.next_due(due)
        assert following > due
        due = following


def test_a_schedule_is_written_as_it_is_read() -> None:
    given = {
        "name": "Monday mail",
        "period": "weekly",
        "timezone": "Europe/Berlin",
        "hour": 7,
        "recipients": ["a@example.com"],
        "format": "text",
        "enabled": False,
    }
    assert write_schedule(schedule(**given)) == given
    assert write_schedule(schedule(period="weekly")) == {
        "name": "Weekly report",
        "period": "weekly",
        "timezone": "UTC",
        "hour": 8,
        "recipients": [],
        "format": "html",
        "enabled": True,
    }
    assert amend_schedule(schedule(hour=3), {"hour": None, "enabled": False}, zone="UTC").hour == 8


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"period": None}, "period"),
        ({"period": "yearly"}, "period"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"hour": 24}, "hour"),
        ({"recipients": ["nobody"]}, "recipients.0"),
        ({"recipients": ["a@example.com\nBcc: b@example.com"]}, "recipients.0"),
        ({"format": "pdf"}, "format"),
        ({"weekday": 1}, "weekday"),
    ],
)
def test_every_mistake_is_named(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        schedule(**given)
    assert field in [error.field for error in refused.value.errors] or refused.value.field == field
