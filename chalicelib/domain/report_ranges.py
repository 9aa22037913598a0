"""Which stretch of time a report is about: dates in a time zone, the period before it, and its steps.

An end is exclusive inside and written as the last millisecond of the range. Days are those of the calendar: the one on
which the clock is put forward has 23 hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from chalicelib.domain.local_days import is_midnight, local, midnight, month_after, offset

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Period(StrEnum):
    """How often such a report is made; it gives a range that is not stated its length."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class ReportRange:
    """[start, end) in epoch ms, seen from a time zone."""

    period: Period
    start: int
    end: int
    zone: ZoneInfo

    @property
    def whole_days(self) -> int | None:
        """How many local days it is; None when it is no whole number of them."""
        if not (is_midnight(self.start, self.zone) and is_midnight(self.end, self.zone)):
            return None
        return (local(self.end, self.zone).date() - local(self.start, self.zone).date()).days

    @property
    def is_calendar_month(self) -> bool:
        """Whether it is exactly one month of the calendar."""
        first = local(self.start, self.zone).date()
        behind = local(self.end, self.zone).date()
        return self.whole_days is not None and first.day == 1 and month_after(first) == behind

    @property
    def wording(self) -> str:
        """`this week` and the like, as recommendations call it."""
        days = self.whole_days
        if self.is_calendar_month:
            return "this month"
        if days is None:
            return "this hour" if self.end - self.start == HOUR else "in this period"
        return {1: "this day", 7: "this week"}.get(days, f"in these {days} days")

    def before(self) -> ReportRange:
        """The period of the same length before it: as many local days, the month before a month, else the same time."""
        days = self.whole_days
        if days is None:
            start = self.start - (self.end - self.start)
        else:
            first = local(self.start, self.zone).date()
            earlier = (first - timedelta(days=1)).replace(day=1) if self.is_calendar_month else None
            start = midnight(earlier or first - timedelta(days=days), self.zone)
        return ReportRange(self.period, start, self.start, self.zone)

    def steps(self) -> list[int]:
        """Where its steps begin, and its end behind them: 5 minutes up to 3 hours, hours up to 3 days, else days."""
        length = self.end - self.start
        if length > 3 * DAY + HOUR:  # an hour more: three days in autumn are still three days
            first = local(self.start, self.zone).date()
            last = local(self.end - 1, self.zone).date()
            days = [midnight(first + timedelta(days=i), self.zone) for i in range(1, (last - first).days + 1)]
            return list(dict.fromkeys([self.start, *days, self.end]))  # a day that the clock skips has no step
        width = 5 * MINUTE if length <= 3 * HOUR else HOUR
        aligned = range(self.start - self.start % width + width, self.end, width)
        return [self.start, *aligned, self.end]

    @property
    def step_name(self) -> str:
        """`5m`, `1h` or `1d`."""
        length = self.end - self.start
        return "1d" if length > 3 * DAY + HOUR else "1h" if length > 3 * HOUR else "5m"


def last_complete(period: Period, now: int, zone: ZoneInfo) -> ReportRange:
    """The last hour, day, week (from Monday) or month that is over."""
    if period is Period.HOURLY:
        ahead = offset(now, zone) % HOUR
        end = now - (now + ahead) % HOUR
        return ReportRange(period, end - HOUR, end, zone)
    today = local(now, zone).date()
    if period is Period.DAILY:
        first, last = today - timedelta(days=1), today
    elif period is Period.WEEKLY:
        last = today - timedelta(days=today.weekday())
        first = last - timedelta(days=7)
    else:
        last = today.replace(day=1)
        first = (last - timedelta(days=1)).replace(day=1)
    return ReportRange(period, midnight(first, zone), midnight(last, zone), zone)


def cell_width(ranges: ReportRange) -> int:
    """The width of the cells (ms, aligned to the epoch) that make up the steps: no cell lies in two local days."""
    if ranges.step_name == "5m":
        return 5 * MINUTE
    offsets = {offset(ranges.start, ranges.zone), offset(ranges.end, ranges.zone)}
    for width in (HOUR, 30 * MINUTE):
        if all(offset % width == 0 for offset in offsets):
            return width
    return 15 * MINUTE
