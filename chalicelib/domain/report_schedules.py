"""Schedules of reports: which period, when by whose clock, and to whom; and what becomes due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chalicelib.domain.cron import Cron, parse_cron
from chalicelib.domain.fields import Fields
from chalicelib.domain.instants import to_iso
from chalicelib.domain.mail_addresses import wrong_address
from chalicelib.domain.report_dates import read_zone
from chalicelib.domain.report_ranges import DAY, HOUR, Period, ReportRange, last_complete

MAX_RECIPIENTS = 50
DEFAULT_HOUR = 8
# By the wall clock of the schedule's zone: every day, every Monday, every first of a month at its hour.
_CRONS = {
    Period.DAILY: "0 {hour} * * *",
    Period.WEEKLY: "0 {hour} * * mon",
    Period.MONTHLY: "0 {hour} 1 * *",
}
_LOOK_BACK_MS = 32 * DAY  # longer than any period


class MailForm(StrEnum):
    """What the mail holds: pictures and tables with text beside, or text alone."""

    HTML = "html"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class ReportSchedule:
    """A report of each `period`, made at `hour` (0 to 23) in `zone` once the period is over."""

    id: str
    name: str
    period: Period
    zone: str
    hour: int
    recipients: tuple[str, ...]
    form: MailForm = MailForm.HTML
    enabled: bool = True

    def next_due(self, now: int) -> int:
        """The first instant after `now` (epoch ms) at which it is due."""
        if self.period is Period.HOURLY:
            return self.last_due(now) + HOUR
        due = self._cron.next_start(now, read_zone(self.zone))
        assert due is not None  # every one of these comes within a month
        return due

    def last_due(self, now: int) -> int:
        """The latest instant up to `now` (epoch ms) at which it was due: all before it are not caught up."""
        if self.period is Period.HOURLY:  # at the end of each, also of the hour that the clock shows twice
            return last_complete(self.period, now, read_zone(self.zone)).end
        due = self._cron.last_start(now, read_zone(self.zone), not_before=now - _LOOK_BACK_MS)
        assert due is not None
        return due

    @property
    def _cron(self) -> Cron:
        return parse_cron(_CRONS[self.period].format(hour=self.hour))

    def range_at(self, due: int) -> ReportRange:
        """What the report that is due at an instant is about."""
        if self.period is Period.HOURLY:
            return ReportRange(self.period, due - HOUR, due, read_zone(self.zone))
        return last_complete(self.period, due, read_zone(self.zone))


@dataclass(frozen=True, slots=True)
class ScheduleRecord:
    """A schedule as it is kept; instants in epoch ms."""

    schedule: ReportSchedule
    next_due: int
    version: int
    created_at: int
    updated_at: int


def read_schedule(given: object, *, schedule_id: str, zone: str) -> ReportSchedule:
    """The schedule that a JSON object describes; `zone` where it names none. Raises InvalidInput with all mistakes."""
    fields = Fields(given)
    period = fields.choice("period", Period)
    if period is None and not fields.errors:
        fields.refuse("period", f"is missing: one of {', '.join(Period)}")
    schedule = ReportSchedule(
        id=schedule_id,
        name=fields.text("name", most=200, default="") or f"{str(period or '').capitalize()} report",
        period=period or Period.DAILY,
        zone=fields.zone("timezone", default=zone),
        hour=fields.whole("hour", default=DEFAULT_HOUR, low=0, high=23, meaning="hours"),
        recipients=fields.texts("recipients", most=MAX_RECIPIENTS, check=wrong_address),
        form=fields.choice("format", MailForm, MailForm.HTML) or MailForm.HTML,
        enabled=fields.flag("enabled", default=True),
    )
    fields.finish()
    return schedule


def write_schedule(schedule: ReportSchedule) -> dict[str, Any]:
    """Every field that `read_schedule` reads; without the id."""
    return {
        "name": schedule.name,
        "period": str(schedule.period),
        "timezone": schedule.zone,
        "hour": schedule.hour,
        "recipients": list(schedule.recipients),
        "format": str(schedule.form),
        "enabled": schedule.enabled,
    }


def amend_schedule(schedule: ReportSchedule, changes: object, *, zone: str) -> ReportSchedule:
    """The schedule with some fields changed; null sets one back to its default. Raises InvalidInput."""
    if not isinstance(changes, Mapping):
        return read_schedule(changes, schedule_id=schedule.id, zone=zone)
    return read_schedule(write_schedule(schedule) | dict(changes), schedule_id=schedule.id, zone=zone)


def show_schedule(record: ScheduleRecord) -> dict[str, Any]:
    """The schedule as the API shows it."""
    return {
        "id": record.schedule.id,
        **write_schedule(record.schedule),
        "nextDue": to_iso(record.next_due) if record.schedule.enabled else None,
        "version": record.version,
        "createdAt": to_iso(record.created_at),
        "updatedAt": to_iso(record.updated_at),
    }
