"""Make the reports that are due: build, keep, hand over to be mailed; each once, also when runs overlap or die.

1. For each schedule that is due: the report of its latest due instant. However many were missed, one is caught up.
2. The report is built outside of any transaction. Then one transaction locks the schedule, sees that nobody was faster,
   keeps the report with its event, and moves the schedule on. A run that dies before has changed nothing.
3. What is kept and not handed over goes to the mail road; a run that dies in between leaves that to the next one. The
   mail's id is the report's, so that it is delivered once although it may be handed over twice.
One schedule that fails does not keep the others from their turn; it stays due.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain.errors import ServiceError
from chalicelib.domain.mail import Mail, MailJob
from chalicelib.domain.report_dates import read_zone
from chalicelib.domain.report_form import show_report
from chalicelib.domain.report_ranges import DAY, Period, ReportRange
from chalicelib.domain.report_schedules import MailForm, ReportSchedule, ScheduleRecord
from chalicelib.domain.report_verdict import title_of
from chalicelib.domain.reports import Report
from chalicelib.domain.stored_reports import StoredReport
from chalicelib.services.ports.alerting import UnitOfWork
from chalicelib.services.ports.report_schedules import MailRoad, ReportBook, ScheduleBook
from chalicelib.services.report_schedules import moved_on
from chalicelib.services.reporting import Reporting

SENT_WITHIN_MS = DAY  # a report that could not be handed over for so long is no news any more
MAX_MAIL = 180_000  # what goes through SQS with room to spare: it takes 256 kB
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Done:
    """What a run did."""

    built: int = 0
    sent: int = 0
    failed: int = 0


class DueReports:
    """Makes the reports of schedules."""

    def __init__(
        self,
        unit: UnitOfWork,
        schedules: ScheduleBook,
        reports: ReportBook,
        reporting: Reporting,
        road: MailRoad,
        page: Callable[[Report], str],
        mail: Callable[[Report], Mail],
        random_bytes: Callable[[int], bytes],
        *,
        retention_ms: int,
    ) -> None:
        """`page` and `mail` write a report for people. Reports are kept for `retention_ms`."""
        self._unit = unit
        self._schedules = schedules
        self._reports = reports
        self._reporting = reporting
        self._road = road
        self._page = page
        self._mail = mail
        self._random_bytes = random_bytes
        self._retention_ms = retention_ms

    def run(self, now: int) -> Done:
        """Make what is due at `now` (epoch ms).

        Raises Unavailable when it cannot even be seen what is, and after everything else what was a fault of ours.
        """
        done, faults = Done(), list[Exception]()
        for record in self._schedules.due(now):
            try:
                done.built += self._make(record, now)
            except ServiceError as error:
                done.failed += 1
                _log.error("a report failed", extra={"schedule": record.schedule.id, "reason": error.message})
            except Exception as fault:  # noqa: BLE001 -- of one report, which must not keep the others from their turn
                faults.append(fault)
        for report in self._reports.unsent(now - SENT_WITHIN_MS):
            try:
                done.sent += self._send(report, now)
            except ServiceError as error:
                done.failed += 1
                _log.error("a report was not mailed", extra={"report": report.id, "reason": error.message})
            except Exception as fault:  # noqa: BLE001 -- as above
                faults.append(fault)
        self._reports.forget_before(now - self._retention_ms)
        if faults:
            raise ExceptionGroup("reports failed", faults)
        return done

    def _make(self, record: ScheduleRecord, now: int) -> bool:
        """Build and keep the report that a schedule is due for; whether it was this run that did."""
        schedule = record.schedule
        ranges = schedule.range_at(schedule.last_due(now))
        report = self._reporting.build(ranges, now)
        stored = self._stored(schedule, ranges, report, now)
        with self._unit.transaction():
            present = self._schedules.get(schedule.id, lock=True)
            if present is None or present.next_due != record.next_due or present.version != record.version:
                return False  # somebody was faster, or changed it: then it is looked at again at its new time
            self._schedules.replace(moved_on(present, now))
            return self._reports.add(stored)

    def _stored(self, schedule: ReportSchedule, ranges: ReportRange, report: Report, now: int) -> StoredReport:
        return StoredReport(
            id=f"rep_{self._random_bytes(8).hex()}",
            schedule_id=schedule.id,
            period=str(ranges.period),
            start=ranges.start,
            end=ranges.end,
            created_at=now,
            title=title_of(report),
            document=show_report(report),
            page=self._page(report),
        )

    def _send(self, stored: StoredReport, now: int) -> bool:
        """Hand a report over; whether there was anybody to send it to."""
        record = self._schedules.get(stored.schedule_id or "")
        recipients = record.schedule.recipients if record is not None else ()
        if record is not None and recipients:
            ranges = ReportRange(Period(stored.period), stored.start, stored.end, read_zone(record.schedule.zone))
            mail = self._mail(self._reporting.build(ranges, stored.created_at)).within(MAX_MAIL)
            if record.schedule.form is MailForm.TEXT:
                mail = Mail(mail.subject, mail.text, "")
            self._road.send(MailJob(stored.id, recipients, mail))
        self._reports.note_sent(stored.id, now)
        return bool(recipients)
