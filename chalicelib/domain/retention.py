"""How long metrics are kept: for all alike, and for classes of metric types in their own way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

MAX_HOURS = 87_600
MAX_DAYS = 3650
_CLASS = re.compile(r"([A-Za-z0-9_.:*-]{1,128})=(\d{1,5})(?:/(\d{1,4})(?:/(\d{1,4}))?)?")


@dataclass(frozen=True, slots=True)
class Retention:
    """Raw samples in hours, rollups of five minutes and of an hour in days."""

    raw_hours: int
    five_minute_days: int
    hour_days: int


@dataclass(frozen=True, slots=True)
class Retentions:
    """What holds for all metric types, and for those that a class names (`*` = any characters): the first that does."""

    default: Retention
    classes: tuple[tuple[str, Retention], ...] = ()

    def of(self, metric_type: str) -> Retention:
        """How long a metric type is kept."""
        return next((kept for name, kept in self.classes if fnmatchcase(metric_type, name)), self.default)

    def every(self) -> set[Retention]:
        """All there are."""
        return {self.default, *(kept for _, kept in self.classes)}


def read_classes(text: str, default: Retention) -> Retentions:
    """Classes as they are written: `checkout_*=168/455/1826,debug_*=2`; what a class leaves out is as for all.

    Raises ValueError, in words for whoever wrote it.
    """
    classes = []
    for each in filter(None, map(str.strip, text.split(","))):
        found = _CLASS.fullmatch(each)
        if found is None:
            raise ValueError(f"{each[:60]!r} is not like `checkout_*=168/455/1826` (hours, days, days)")
        name, hours, five_minute_days, hour_days = found.groups()
        kept = Retention(
            int(hours),
            int(five_minute_days or default.five_minute_days),
            int(hour_days or default.hour_days),
        )
        if not (1 <= kept.raw_hours <= MAX_HOURS and 1 <= kept.five_minute_days <= MAX_DAYS):
            raise ValueError(f"{each[:60]!r}: hours must be 1 to {MAX_HOURS}, days 1 to {MAX_DAYS}")
        if not 1 <= kept.hour_days <= MAX_DAYS:
            raise ValueError(f"{each[:60]!r}: days must be 1 to {MAX_DAYS}")
        classes.append((name, kept))
    return Retentions(default, tuple(classes))
