"""Create, read, change and delete schedules of reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chalicelib.domain.audit import AuditEntry
from chalicelib.domain.errors import NotFound
from chalicelib.domain.lifecycle import check_version
from chalicelib.domain.mail_addresses import check_mailable
from chalicelib.domain.report_schedules import (
    ScheduleRecord,
    amend_schedule,
    read_schedule,
    show_schedule,
    write_schedule,
)
from chalicelib.services.ports.alerting import AuditBook, UnitOfWork
from chalicelib.services.ports.report_schedules import ScheduleBook

PAGE = 100


class ReportSchedules:
    """Keeps schedules."""

    def __init__(
        self,
        unit: UnitOfWork,
        book: ScheduleBook,
        audit: AuditBook,
        random_bytes: Callable[[int], bytes],
        *,
        zone: str,
    ) -> None:
        self._unit = unit
        self._book = book
        self._audit = audit
        self._random_bytes = random_bytes
        self._zone = zone

    def create(self, given: object, *, actor: str, now: int) -> ScheduleRecord:
        """A new schedule out of its JSON form; due for the first time when its hour comes. Raises InvalidInput."""
        schedule = read_schedule(given, schedule_id=f"sched_{self._random_bytes(8).hex()}", zone=self._zone)
        check_mailable(schedule.recipients, known=())
        record = ScheduleRecord(schedule, schedule.next_due(now), 1, now, now)
        with self._unit.transaction():
            self._book.add(record)
            after = write_schedule(schedule)
            self._audit.record(AuditEntry(now, actor, "created", "report_schedule", schedule.id, None, after))
        return record

    def get(self, schedule_id: str) -> ScheduleRecord:
        """A schedule. Raises NotFound."""
        return _found(self._book.get(schedule_id), schedule_id)

    def page(self, after: str | None) -> tuple[list[ScheduleRecord], str | None]:
        """Up to 100 schedules, and the cursor of the next page or None."""
        found = self._book.page(after or "", PAGE + 1)
        return found[:PAGE], found[PAGE - 1].schedule.id if len(found) > PAGE else None

    def change(
        self, schedule_id: str, changes: object, *, expected: int | None, actor: str, now: int
    ) -> ScheduleRecord:
        """The schedule with some fields changed. Raises NotFound, InvalidInput, or Conflict for a stale version."""
        with self._unit.transaction():
            before = _found(self._book.get(schedule_id, lock=True), schedule_id)
            check_version(expected, before.version, lambda: show_schedule(before))
            schedule = amend_schedule(before.schedule, changes, zone=self._zone)
            if schedule == before.schedule:
                return before
            check_mailable(schedule.recipients, known=before.schedule.recipients)
            after = ScheduleRecord(schedule, schedule.next_due(now), before.version + 1, before.created_at, now)
            self._book.replace(after)
            was, now_is = write_schedule(before.schedule), write_schedule(schedule)
            self._audit.record(AuditEntry(now, actor, "changed", "report_schedule", schedule_id, was, now_is))
        return after

    def delete(self, schedule_id: str, *, expected: int | None, actor: str, now: int) -> None:
        """Delete a schedule; its reports stay. Raises NotFound, or Conflict for a stale version."""
        with self._unit.transaction():
            before = _found(self._book.get(schedule_id, lock=True), schedule_id)
            check_version(expected, before.version, lambda: show_schedule(before))
            self._book.remove(schedule_id)
            was = write_schedule(before.schedule)
            self._audit.record(AuditEntry(now, actor, "deleted", "report_schedule", schedule_id, was, None))


def moved_on(record: ScheduleRecord, now: int) -> ScheduleRecord:
    """The record when all that was due up to `now` is done."""
    return replace(record, next_due=record.schedule.next_due(now))


def _found(record: ScheduleRecord | None, schedule_id: str) -> ScheduleRecord:
    if record is None:
        raise NotFound(f"There is no report schedule {schedule_id[:64]!r}.")
    return record
