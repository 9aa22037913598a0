"""When EventBridge's rate(...) and cron(...) expressions fire; pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from infra.local.failures import StackError

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = dict(
    zip(["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], range(1, 13), strict=True)
)
_WEEKDAYS = dict(zip(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], range(1, 8), strict=True))
_HORIZON_DAYS = 366 * 4 + 1  # a 29th of February comes within these

NextTime = Callable[[datetime], datetime]


def parse(expression: str) -> NextTime:
    """The function from a time to the expression's next one after it, both in UTC.

    A rate fires at whole multiples since 1970, so that every start of the stack has the same grid. Of cron what Chalice
    apps use is understood: numbers, names, `*`, `?`, lists, ranges and steps. Raises StackError for all else.
    """
    rate = _RATE.fullmatch(expression)
    if rate is not None and int(rate[1]) > 0:
        period = int(rate[1]) * _UNITS[rate[2]]
        return lambda after: after - (after - _EPOCH) % period + period
    if expression.startswith("cron(") and expression.endswith(")"):
        fields = expression[5:-1].split()
        if len(fields) == 6:
            return _Cron.parse(fields, expression).next_after
    raise StackError(f"The schedule {expression!r} is neither rate(N minutes|hours|days) nor cron(six fields).")


@dataclass(frozen=True, slots=True)
class _Cron:
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    years: frozenset[int]
    expression: str

    @classmethod
    def parse(cls, fields: list[str], expression: str) -> _Cron:
        try:
            return cls(
                _values(fields[0], 0, 59),
                _values(fields[1], 0, 23),
                _values(fields[2], 1, 31),
                _values(fields[3], 1, 12, _MONTHS),
                _values(fields[4], 1, 7, _WEEKDAYS),
                _values(fields[5], 1970, 2199),
                expression,
            )
        except ValueError as error:
            raise StackError(f"The schedule {expression!r} is not understood here: {error}.") from None

    def next_after(self, after: datetime) -> datetime:
        """The next time; a date that never comes raises StackError."""
        first = after.replace(second=0, microsecond=0) + timedelta(minutes=1)
        for days in range(_HORIZON_DAYS):
            date = first.date() + timedelta(days=days)
            weekday = date.isoweekday() % 7 + 1  # EventBridge counts from Sunday = 1
            if date.year not in self.years or date.month not in self.months:
                continue
            if date.day not in self.days or weekday not in self.weekdays:
                continue
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    time = datetime(date.year, date.month, date.day, hour, minute, tzinfo=UTC)
                    if time >= first:
                        return time
        raise StackError(f"The schedule {self.expression!r} never comes.")


def _values(field: str, least: int, most: int, names: dict[str, int] | None = None) -> frozenset[int]:
    """The numbers that a field stands for."""

    def number(text: str) -> int:
        value = (names or {}).get(text.upper()) or int(text)
        if not least <= value <= most:
            raise ValueError(f"{text} is not from {least} to {most}")
        return value

    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span in ("*", "?"):
            begin, end = least, most
        else:
            low, _, high = span.partition("-")
            begin = number(low)
            end = number(high) if high else (most if step else begin)
        found.update(range(begin, end + 1, int(step or 1)))
    return frozenset(found)
