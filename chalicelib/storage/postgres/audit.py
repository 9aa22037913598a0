"""The audit trail: written in the transaction of the change that it records, and read newest first."""

from __future__ import annotations

from psycopg import Connection
from psycopg.types.json import Jsonb

from chalicelib.domain.audit import AuditEntry
from chalicelib.domain.instants import to_datetime


def record(connection: Connection, entry: AuditEntry) -> None:
    """Add one entry to the trail."""
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
