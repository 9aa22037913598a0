"""Read the reports that were made on schedules."""

from __future__ import annotations

from chalicelib.domain.errors import NotFound
from chalicelib.domain.stored_reports import StoredReport
from chalicelib.services.cursors import read_cursor, write_cursor
from chalicelib.services.ports.report_schedules import ReportBook

PAGE = 100


class StoredReports:
    """Reads them."""

    def __init__(self, book: ReportBook) -> None:
        self._book = book

    def get(self, report_id: str) -> StoredReport:
        """One of them, whole. Raises NotFound."""
        found = self._book.get(report_id)
        if found is None:
            raise NotFound(f"There is no report {report_id[:64]!r}.")
        return found

    def page(self, after: str | None) -> tuple[list[StoredReport], str | None]:
        """Up to 100 of them, the newest first, and the cursor of the next page or None. Raises InvalidInput."""
        found = self._book.page(read_cursor(after), PAGE + 1)
        last = found[PAGE - 1] if len(found) > PAGE else None
        return found[:PAGE], None if last is None else write_cursor(last.created_at, last.id)
