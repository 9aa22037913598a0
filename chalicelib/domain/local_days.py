"""Local days and the wall clock of a time zone, right through changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.domain.instants import to_datetime


def local(instant: int, zone: ZoneInfo) -> datetime:
    """The wall clock at an instant (epoch ms)."""
    return to_datetime(instant).astimezone(zone)


def epoch(moment: datetime) -> int:
    """Epoch ms of a moment, to the second."""
    return int(moment.timestamp()) * 1000


def midnight(day: date, zone: ZoneInfo) -> int:
    """Where a local day begins; where the clock skips midnight, right behind the gap."""
    return epoch(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC))


def is_midnight(instant: int, zone: ZoneInfo) -> bool:
    """Whether a local day begins at an instant."""
    return midnight(local(instant, zone).date(), zone) == instant


def next_day(day: date) -> date:
    """The day behind a day."""
    return day + timedelta(days=1)


def month_after(first: date) -> date:
    """The first of the next month."""
    return (first + timedelta(days=32)).replace(day=1)


def offset(instant: int, zone: ZoneInfo) -> int:
    """How far the local clock is ahead of UTC, in ms."""
    found = local(instant, zone).utcoffset()
    assert found is not None
    return round(found.total_seconds() * 1000)
