"""Cron-like starts in a time zone: `30 2 * * sun` in Europe/Berlin, right through changes of the clock.

Five fields: minute, hour, day of month, month, day of week (0 and 7 are Sunday; names of months and days are
understood). `*`, lists, ranges and steps. If day of month and day of week are both restricted, either suffices.
A start that the clock skips in spring happens as much later as the clock jumped. One that the clock shows twice in
autumn happens the first time only, unless it is one of every hour (`*`): both hours have their starts then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_MONTHS = {name: at for at, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun"), 1)} | {
    name: at for at, name in enumerate(("jul", "aug", "sep", "oct", "nov", "dec"), 7)
}
_DAYS = {name: at for at, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 7, _DAYS),
)
_PART = re.compile(r"(\*|(\w+)(?:-(\w+))?)(?:/(\d{1,2}))?")
_LONGEST_WAIT_DAYS = 8 * 366  # 29 February, over a year like 2100 that has none
_HOURS_OF_A_DAY = 24
_DAYS_OF_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class InvalidCron(ValueError):
    """A text that is no cron expression; the message says which field and why."""


@dataclass(frozen=True, slots=True)
class Cron:
    """When something starts, by the wall clock of wherever it is asked for."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 0 = Sunday
    either_day: bool

    def is_on(self, day: date) -> bool:
        """Whether it starts on this day."""
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return in_month or in_week if self.either_day else in_month and in_week

    def starts_on(self, day: date, zone: ZoneInfo) -> Iterator[int]:
        """The instants at which it starts on a day, in epoch ms; in order but around a change of the clock."""
        if self.is_on(day):
            for hour in self.hours:
                for minute in self.minutes:
                    wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                    yield int(wall.timestamp()) * 1000
                    if len(self.hours) == _HOURS_OF_A_DAY and _comes_twice(wall):
                        yield int(wall.replace(fold=1).timestamp()) * 1000

    def last_start(self, now: int, zone: ZoneInfo, *, not_before: int) -> int | None:
        """The latest start at or before `now`, unless it lies before `not_before`; epoch ms."""
        day, earliest = _day(now, zone), _day(not_before, zone)
        while day >= earliest:
            starts = [start for start in self.starts_on(day, zone) if start <= now]
            if starts:
                return max(starts) if max(starts) >= not_before else None
            day -= timedelta(days=1)
        return None

    def next_start(self, now: int, zone: ZoneInfo) -> int | None:
        """The first start after `now`, in epoch ms; None at the end of the calendar."""
        day = _day(now, zone) - timedelta(days=1)  # where the clock skips a day, its starts happen on the next one
        for _ in range(_LONGEST_WAIT_DAYS + 1):
            starts = [start for start in self.starts_on(day, zone) if start > now]
            if starts:
                return min(starts)
            day += timedelta(days=1)
        return None


@lru_cache(maxsize=512)
def parse_cron(text: str) -> Cron:
    """The cron expression that a text stands for. Raises InvalidCron."""
    parts = text.lower().split()
    if len(parts) != len(_FIELDS):
        raise InvalidCron("must have five fields: minute hour day-of-month month day-of-week")
    values = [_values(part, *field) for part, field in zip(parts, _FIELDS, strict=True)]
    minutes, hours, days, months, weekdays = values
    either_day = not parts[2].startswith("*") and not parts[4].startswith("*")
    if not either_day and not any(min(days) <= _DAYS_OF_MONTHS[month - 1] for month in months):
        raise InvalidCron("never starts: no such day in these months")
    return Cron(
        tuple(sorted(minutes)),
        tuple(sorted(hours)),
        frozenset(days),
        frozenset(months),
        frozenset(day % 7 for day in weekdays),
        either_day,
    )


def _values(text: str, name: str, low: int, high: int, names: dict[str, int]) -> set[int]:
    values: set[int] = set()
    for part in text.split(","):
        found = _PART.fullmatch(part)
        if found is None:
            raise InvalidCron(f"{name}: {part[:20]!r} is not understood")
        whole, first, last, step = found.groups()
        start = low if whole == "*" else _number(first, name, names)
        end = high if whole == "*" or (step and last is None) else _number(last or first, name, names)
        if not low <= start <= end <= high or step == "0":
            raise InvalidCron(f"{name}: {part[:20]!r} must lie within {low} to {high}, its begin before its end")
        values.update(range(start, end + 1, int(step or 1)))
    return values


def _number(text: str, name: str, names: dict[str, int]) -> int:
    if text in names:
        return names[text]
    if not text.isascii() or not text.isdigit() or len(text) > 2:
        raise InvalidCron(f"{name}: {text[:20]!r} is not understood")
    return int(text)


def _comes_twice(wall: datetime) -> bool:
    first, second = wall.utcoffset(), wall.replace(fold=1).utcoffset()
    return first is not None and second is not None and first > second  # in a gap the second is the larger one


def _day(now: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(now / 1000, UTC).astimezone(zone).date()
