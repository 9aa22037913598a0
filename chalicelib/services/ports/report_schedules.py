"""What schedules of reports need of the world: where they and their reports are kept, and the road to the mail."""

from __future__ import annotations

from typing import Protocol

from chalicelib.domain.mail import MailJob
from chalicelib.domain.report_schedules import ScheduleRecord
from chalicelib.domain.stored_reports import StoredReport


class ScheduleBook(Protocol):
    """Where schedules are kept. All methods raise Unavailable."""

    def add(self, record: ScheduleRecord) -> None:
        """Keep a new one."""
        ...

    def get(self, schedule_id: str, *, lock: bool = False) -> ScheduleRecord | None:
        """One of them; with `lock`, nobody else changes it until the transaction ends."""
        ...

    def page(self, after: str, limit: int) -> list[ScheduleRecord]:
        """In the order of their ids, from behind the id `after`."""
        ...

    def replace(self, record: ScheduleRecord) -> None:
        """Keep a changed one."""
        ...

    def remove(self, schedule_id: str) -> None:
        """Forget one; its reports stay."""
        ...

    def due(self, now: int) -> list[ScheduleRecord]:
        """Those that are due at `now` (epoch ms), the longest waiting first."""
        ...


class ReportBook(Protocol):
    """Where reports are kept. All methods raise Unavailable."""

    def add(self, report: StoredReport) -> bool:
        """Keep a report and tell the feed of events; False when its schedule has one of that range already."""
        ...

    def get(self, report_id: str) -> StoredReport | None:
        """One report, whole."""
        ...

    def page(self, after: tuple[int, str] | None, limit: int) -> list[StoredReport]:
        """The newest first, from behind (created at, id), without what they say."""
        ...

    def unsent(self, since: int) -> list[StoredReport]:
        """Those created since an instant (epoch ms) that have a schedule and were not handed over."""
        ...

    def note_sent(self, report_id: str, at: int) -> None:
        """It was handed over."""
        ...

    def forget_before(self, instant: int) -> None:
        """Delete the reports created before an instant (epoch ms)."""
        ...


class MailRoad(Protocol):
    """Takes mails to be delivered, each id once."""

    def send(self, job: MailJob) -> None:
        """Hand a mail over. Raises Unavailable."""
        ...
