"""Schedules of reports in PostgreSQL, each in the form in which the API writes it."""

from __future__ import annotations

from typing import Any

from chalicelib.domain.instants import from_moment, to_datetime
from chalicelib.domain.report_schedules import ScheduleRecord, read_schedule, write_schedule
from chalicelib.storage.postgres.connection import Database

_SELECT = "SELECT id, document, next_due, version, created_at, updated_at FROM report_schedules"


class PostgresReportSchedules:
    """The truth about schedules."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, record: ScheduleRecord) -> None:
        """Keep a new one. Raises Unavailable."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO report_schedules (document, enabled, next_due, version, updated_at, id, created_at)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                (*_columns(record), record.schedule.id, to_datetime(record.created_at)),
            )

    def get(self, schedule_id: str, *, lock: bool = False) -> ScheduleRecord | None:
        """One of them; with `lock`, nobody else changes it until the transaction ends. Raises Unavailable."""
        with self._database.transaction() as connection:
            row = connection.execute(
                f"{_SELECT} WHERE id = %s{' FOR UPDATE' if lock else ''}", (schedule_id,)
            ).fetchone()
        return None if row is None else _record(*row)

    def page(self, after: str, limit: int) -> list[ScheduleRecord]:
        """In the order of their ids, from behind the id `after`. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(f"{_SELECT} WHERE id > %s ORDER BY id LIMIT %s", (after, limit)).fetchall()
        return [_record(*row) for row in rows]

    def replace(self, record: ScheduleRecord) -> None:
        """Keep a changed one. Raises Unavailable."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE report_schedules SET document = %s, enabled = %s, next_due = %s, version = %s, updated_at = %s"
                " WHERE id = %s",
                (*_columns(record), record.schedule.id),
            )

    def remove(self, schedule_id: str) -> None:
        """Forget one; its reports stay. Raises Unavailable."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM report_schedules WHERE id = %s", (schedule_id,))

    def due(self, now: int) -> list[ScheduleRecord]:
        """Those that are due at `now` (epoch ms), the longest waiting first. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"{_SELECT} WHERE enabled AND next_due <= %s ORDER BY next_due, id", (to_datetime(now),)
            ).fetchall()
        return [_record(*row) for row in rows]


def _columns(record: ScheduleRecord) -> tuple[Any, ...]:
    from psycopg.types.json import Jsonb

    return (
        Jsonb(write_schedule(record.schedule)),
        record.schedule.enabled,
        to_datetime(record.next_due),
        record.version,
        to_datetime(record.updated_at),
    )


def _record(
    schedule_id: str, document: dict[str, Any], next_due: Any, version: int, created_at: Any, updated_at: Any
) -> ScheduleRecord:
    schedule = read_schedule(document, schedule_id=schedule_id, zone="UTC")
    return ScheduleRecord(schedule, from_moment(next_due), version, from_moment(created_at), from_moment(updated_at))
