"""Read the reports that were made on schedules."""

from __future__ import annotations

from chalicelib.domain.errors import InvalidInput, NotFound
from chalicelib.domain.stored_reports import StoredReport
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
        found = self._book.page(_position(after), PAGE + 1)
        following = f"{found[PAGE - 1].created_at}~{found[PAGE - 1].id}" if len(found) > PAGE else None
        return found[:PAGE], following


def _position(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    created_at, _, report_id = cursor.partition("~")
    if not report_id or not created_at.isascii() or not created_at.isdigit() or len(created_at) > 15:
        raise InvalidInput("after: is not a cursor that a page named as next.", field="after")
    return int(created_at), report_id
