"""Silences and maintenance windows: what keeps alerts from being told, once or again and again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from zoneinfo import ZoneInfo

from chalicelib.domain.cron import parse_cron
from chalicelib.domain.notifications import Mute, Reason
from chalicelib.domain.rules import Severity
from chalicelib.domain.selectors import Selection, accepts, selects


@dataclass(frozen=True, slots=True)
class Subject:
    """What of an alert silences look at."""

    rule_id: str
    metric_types: tuple[str, ...]
    severity: Severity
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which alerts are meant; every part that is given must fit. A rule's several metric types: one suffices.

    `metric_type` and the tags' values are expressions, see selectors.py.
    """

    rule_id: str | None = None
    metric_type: str | None = None
    severities: frozenset[Severity] = frozenset()
    tags: Selection = ()

    def covers(self, subject: Subject) -> bool:
        """Whether an alert is meant."""
        return (
            self.rule_id in (None, subject.rule_id)
            and (self.metric_type is None or any(accepts(self.metric_type, each) for each in subject.metric_types))
            and (not self.severities or subject.severity in self.severities)
            and selects(self.tags, subject.tags)
        )


@dataclass(frozen=True, slots=True)
class Silence:
    """Holds from `starts_at` until before `ends_at` (epoch ms); one that is lifted early ends then.

    One that is lifted before it began ends where it starts: it never holds.
    """

    id: str
    scope: Scope
    starts_at: int
    ends_at: int
    author: str
    comment: str = ""

    def span_at(self, now: int) -> tuple[int, int] | None:
        """When it began and ends or ended last, as seen at `now`; None before its begin, and if it never holds."""
        return (self.starts_at, self.ends_at) if self.starts_at <= now and self.starts_at < self.ends_at else None

    @property
    def mute(self) -> Mute:
        """How it appears in a decision."""
        return Mute(Reason.SILENCED, self.id)


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """Holds for `duration` seconds from each start of `start` in the zone's time, on or after `valid_from` (epoch ms).

    One that is lifted ends at `valid_until`, also when it holds at that moment.

    The duration is real time: a window of two hours lasts two hours, whatever the clock on the wall does meanwhile.
    """

    id: str
    scope: Scope
    start: str
    duration: int
    zone: str
    author: str
    comment: str = ""
    valid_from: int = 0
    valid_until: int | None = None

    def span_at(self, now: int) -> tuple[int, int] | None:
        """When it began last and ends or ended, as seen at `now`; None when that is longer ago than it lasts twice."""
        earliest = max(now - 2 * self.duration * 1000, self.valid_from)
        began = _last_start(self.start, self.zone, now, earliest)
        if began is None or (self.valid_until is not None and began >= self.valid_until):
            return None
        return began, self._end(began)

    def next_span(self, now: int) -> tuple[int, int] | None:
        """When it begins next after `now`, and ends."""
        begins = parse_cron(self.start).next_start(max(now, self.valid_from - 1), ZoneInfo(self.zone))
        if begins is None or (self.valid_until is not None and begins >= self.valid_until):
            return None
        return begins, self._end(begins)

    def _end(self, began: int) -> int:
        ends = began + self.duration * 1000
        return ends if self.valid_until is None else min(ends, self.valid_until)

    @property
    def mute(self) -> Mute:
        """How it appears in a decision."""
        return Mute(Reason.MAINTENANCE, self.id)


@lru_cache(maxsize=1024)
def _last_start(start: str, zone: str, now: int, not_before: int) -> int | None:
    """Asked for every alert and channel at one instant; a window of every minute has 1440 starts to look through."""
    return parse_cron(start).last_start(now, ZoneInfo(zone), not_before=not_before)


AnySilence = Silence | MaintenanceWindow


def muting(silences: Iterable[AnySilence], subject: Subject, now: int) -> Mute | None:
    """What covers an alert now, the first of them in the order given; callers give silences before windows."""
    for each in silences:
        if each.scope.covers(subject) and (span := each.span_at(now)) is not None and now < span[1]:
            return each.mute
    return None


def ended_muting(silences: Iterable[AnySilence], subject: Subject, *, since: int, now: int) -> Mute | None:
    """What covered an alert and ended after `since`, up to `now`; the latest of them.

    Windows are known to have ended for as long as they last: callers ask at every tick.
    """
    ended = [
        (span[1], each.mute)
        for each in silences
        if each.scope.covers(subject) and (span := each.span_at(now)) is not None and since < span[1] <= now
    ]
    return max(ended, key=lambda one: one[0])[1] if ended else None
