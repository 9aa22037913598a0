"""Reads which stretch of time a report is asked for, from dates as people and programs write them.

A date means the whole local day, and so does midnight UTC as an end: that is what `new Date('2024-01-07')` sends.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.instants import InvalidInstant, parse_moment
from chalicelib.domain.local_days import epoch, local, midnight, next_day
from chalicelib.domain.report_ranges import DAY, HOUR, Period, ReportRange, last_complete

MAX_DAYS = 400
_FIRST, _LAST = 31_536_000_000, 253_370_764_800_000  # the years in which neither a zone nor a month leaves the calendar
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_range(period: str | None, start: str | None, end: str | None, zone_name: str, now: int) -> ReportRange:
    """The range that parameters describe; without dates the last complete period. Raises InvalidInput.

    With one date only, the range is one period long. An end may lie in the present day, but no later.
    """
    try:
        of = Period(period or Period.DAILY)
    except ValueError:
        raise InvalidInput(f"period: must be one of {', '.join(Period)}.", field="period") from None
    zone = read_zone(zone_name)
    first = None if not start else _read_start("startDate", start, zone, now)
    last = None if not end else _read_end(end, zone, now)
    if first is None and last is None:
        return last_complete(of, now, zone)
    if first is None:
        assert last is not None
        first = _shift(last, of, zone, -1)
    if last is None:
        last = min(_shift(first, of, zone, 1), max(now, first + 1))
    _check(first, last, zone, now)
    return ReportRange(of, first, last, zone)


def read_zone(name: str) -> ZoneInfo:
    """An IANA time zone. Raises InvalidInput."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput(
            f"timezone: {name[:64]!r} is no IANA time zone, like UTC or Europe/Berlin.", field="timezone"
        ) from None


def _read_start(field: str, text: str, zone: ZoneInfo, now: int) -> int:
    return midnight(_read_date(field, text), zone) if _DATE.fullmatch(text) else _read_instant(field, text, now)


def _read_end(text: str, zone: ZoneInfo, now: int) -> int:
    if _DATE.fullmatch(text):
        return midnight(next_day(_read_date("endDate", text)), zone)
    instant = _read_instant("endDate", text, now)
    if instant % DAY == 0 and "T" in text:
        return instant + DAY  # a date that became an instant on its way: the day is meant
    return instant + 1 if instant % 1000 == 999 else instant


def _read_date(field: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{field}: {text} is no day of the calendar.", field=field) from None
    if not 1970 < day.year < 9999:
        raise InvalidInput(f"{field}: must lie between the years 1971 and 9998.", field=field)
    return day


def _read_instant(field: str, text: str, now: int) -> int:
    try:
        instant = parse_moment(text, now)
    except InvalidInstant:
        raise InvalidInput(f"{field}: must be a date like 2024-01-31, or ISO 8601 with a zone.", field=field) from None
    if not _FIRST <= instant < _LAST:
        raise InvalidInput(f"{field}: must lie between the years 1971 and 9998.", field=field)
    return instant


def _check(start: int, end: int, zone: ZoneInfo, now: int) -> None:
    if start >= end:
        raise InvalidInput("endDate: must not lie before startDate.", field="endDate")
    if start > now:
        raise InvalidInput("startDate: lies in the future.", field="startDate")
    if end > midnight(next_day(local(now, zone).date()), zone) and end > now - now % DAY + DAY:
        raise InvalidInput("endDate: lies in the future; today is the last day there can be.", field="endDate")
    if end - start > MAX_DAYS * DAY:
        raise InvalidInput(f"startDate: the range is longer than {MAX_DAYS} days.", field="startDate")


def _shift(instant: int, period: Period, zone: ZoneInfo, sign: int) -> int:
    """One period later or earlier, by the local calendar."""
    if period is Period.HOURLY:
        return instant + sign * HOUR
    wall = local(instant, zone)
    if period is Period.MONTHLY:
        month = wall.year * 12 + wall.month - 1 + sign
        year, month = divmod(month, 12)
        return epoch(wall.replace(year=year, month=month + 1, day=min(wall.day, 28)))
    return epoch(wall + timedelta(days=sign * (7 if period is Period.WEEKLY else 1)))
