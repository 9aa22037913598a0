"""The feed of events: written in the transaction of what happened, read in order, none ever skipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chalicelib.domain.instants import from_moment, to_datetime
from chalicelib.domain.occurrences import Occurrence
from chalicelib.storage.postgres.connection import Database

if TYPE_CHECKING:
    from psycopg import Connection


def publish(connection: Connection, kind: str, data: Mapping[str, Any], at: int) -> None:
    """Add an event (`alertTriggered`, `alertAcknowledged`, `alertResolved`, `reportGenerated`) at `at` (epoch ms)."""
    publish_all(connection, [(kind, data, at)])


def publish_all(connection: Connection, events: Sequence[tuple[str, Mapping[str, Any], int]]) -> None:
    """Add several events in their order: what they are, what they carry, and when they were (epoch ms)."""
    from psycopg.types.json import Jsonb

    if events:
        connection.execute(
            "INSERT INTO events (type, at, data) SELECT type, at, data"
            " FROM unnest(%s::text[], %s::timestamptz[], %s::jsonb[]) WITH ORDINALITY AS new (type, at, data, place)"
            " ORDER BY place",
            (
                [kind for kind, _, _ in events],
                [to_datetime(at) for _, _, at in events],
                [Jsonb(dict(data)) for _, data, _ in events],
            ),
        )


class PostgresEvents:
    """The feed, for services."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def after(self, number: int, limit: int, *, types: Sequence[str] = ()) -> list[Occurrence]:
        """Events after a number, in order. Raises Unavailable.

        Numbers are given out before transactions commit: an event is shown only when every transaction that may hold a
        lower number has ended, so that nobody who follows the feed misses one.
        """
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT id, type, at, data FROM events"
                " WHERE id > %s AND writer < pg_snapshot_xmin(pg_current_snapshot())"
                " AND (%s OR type = ANY (%s)) ORDER BY id LIMIT %s",
                (number, not types, list(types), limit),
            ).fetchall()
        return [Occurrence(number, kind, from_moment(at), data) for number, kind, at, data in rows]

    def newest(self) -> int:
        """The number of the newest event that may be shown, 0 when there is none. Raises Unavailable."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT coalesce(max(id), 0) FROM events WHERE writer < pg_snapshot_xmin(pg_current_snapshot())"
            ).fetchone()
        assert row is not None
        return int(row[0])
