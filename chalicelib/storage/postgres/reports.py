"""Reports that were built on schedules, in PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.domain.instants import from_moment, to_datetime
from chalicelib.domain.occurrences import REPORT_GENERATED
from chalicelib.domain.stored_reports import StoredReport, show_stored
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.events import publish

_LISTED = "SELECT id, schedule_id, period, starts_at, ends_at, created_at, title, sent_at"


class PostgresReports:
    """The truth about stored reports. `document` holds the JSON form under `report`, the HTML under `page`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, report: StoredReport) -> bool:
        """Keep a report and tell the feed; False when its schedule has one of that range. Raises Unavailable."""
        from psycopg.types.json import Jsonb

        with self._database.transaction() as connection:
            added = connection.execute(
                "INSERT INTO reports (id, schedule_id, period, starts_at, ends_at, created_at, title, document)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (schedule_id, starts_at, ends_at) DO NOTHING",
                (
                    *(report.id, report.schedule_id, report.period, to_datetime(report.start)),
                    *(to_datetime(report.end), to_datetime(report.created_at), report.title),
                    Jsonb({"report": dict(report.document), "page": report.page}),
                ),
            ).rowcount
            if added:
                publish(connection, REPORT_GENERATED, show_stored(report), report.created_at)
        return added == 1

    def get(self, report_id: str) -> StoredReport | None:
        """One report, whole. Raises Unavailable."""
        with self._database.transaction() as connection:
            row = connection.execute(f"{_LISTED}, document FROM reports WHERE id = %s", (report_id,)).fetchone()
        return None if row is None else _report(*row)

    def page(self, after: tuple[int, str] | None, limit: int) -> list[StoredReport]:
        """The newest first, from behind (created at, id), without what they say. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"{_LISTED} FROM reports WHERE %(at)s::timestamptz IS NULL OR created_at < %(at)s"
                " OR (created_at = %(at)s AND id > %(id)s) ORDER BY created_at DESC, id LIMIT %(limit)s",
                {
                    "at": None if after is None else to_datetime(after[0]),
                    "id": None if after is None else after[1],
                    "limit": limit,
                },
            ).fetchall()
        return [_report(*row) for row in rows]

    def unsent(self, since: int) -> list[StoredReport]:
        """Those created since an instant (epoch ms) that were not handed over, the oldest first. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"{_LISTED} FROM reports WHERE sent_at IS NULL AND created_at >= %s ORDER BY created_at, id",
                (to_datetime(since),),
            ).fetchall()
        return [_report(*row) for row in rows]

    def note_sent(self, report_id: str, at: int) -> None:
        """It was handed over. Raises Unavailable."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE reports SET sent_at = %s WHERE id = %s", (to_datetime(at), report_id))

    def forget_before(self, instant: int) -> None:
        """Delete the reports created before an instant (epoch ms). Raises Unavailable."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM reports WHERE created_at < %s", (to_datetime(instant),))


def _report(
    report_id: str,
    schedule_id: str | None,
    period: str,
    start: datetime,
    end: datetime,
    created_at: datetime,
    title: str,
    sent_at: datetime | None,
    document: dict[str, Any] | None = None,
) -> StoredReport:
    return StoredReport(
        id=report_id,
        schedule_id=schedule_id,
        period=period,
        start=from_moment(start),
        end=from_moment(end),
        created_at=from_moment(created_at),
        title=title,
        document={} if document is None else document["report"],
        page="" if document is None else document["page"],
        sent_at=None if sent_at is None else from_moment(sent_at),
    )
