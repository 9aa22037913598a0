"""The audit trail: written in the transaction of the change that it records, and read newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.audit import AuditEntry
from chalicelib.domain.instants import from_moment, to_datetime
from chalicelib.storage.postgres.connection import Database

if TYPE_CHECKING:
    from psycopg import Connection


def record(connection: Connection, entry: AuditEntry) -> None:
    """Add one entry to the trail."""
    from psycopg.types.json import Jsonb

    connection.execute(
        "INSERT INTO audit (at, actor, action, resource, resource_id, before, after)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (
            to_datetime(entry.at),
            *(entry.actor, entry.action, entry.resource, entry.resource_id),
            None if entry.before is None else Jsonb(dict(entry.before)),
            None if entry.after is None else Jsonb(dict(entry.after)),
        ),
    )


class PostgresAudit:
    """The trail, for services."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, entry: AuditEntry) -> None:
        """Add one entry to the trail. Raises Unavailable."""
        with self._database.transaction() as connection:
            record(connection, entry)

    def page(self, before: int | None, limit: int, *, resource: str | None) -> list[tuple[int, AuditEntry]]:
        """Entries with their numbers, the newest first, from before the number `before`. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT id, at, actor, action, resource, resource_id, before, after FROM audit"
                " WHERE (%(before)s::bigint IS NULL OR id < %(before)s)"
                " AND (%(resource)s::text IS NULL OR resource = %(resource)s) ORDER BY id DESC LIMIT %(limit)s",
                {"before": before, "resource": resource, "limit": limit},
            ).fetchall()
        return [(number, AuditEntry(from_moment(at), *rest)) for number, at, *rest in rows]
