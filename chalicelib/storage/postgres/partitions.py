"""Partitions of the blocks, one a day until which they are kept: made before they are needed, dropped whole."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from chalicelib.domain.retention import Retentions

if TYPE_CHECKING:
    from psycopg import Connection

_LOCK = 7_262_013_002  # held while partitions are made; any number that nobody else locks


def ensure_partitions(connection: Connection, retentions: Retentions) -> None:
    """Make the partitions that the blocks of the present heads will go to; heads say how long metrics of no class stay.

    A short transaction of its own: making one locks the parent table against queries until it commits.
    """
    from psycopg import sql

    longer = {timedelta(hours=kept.raw_hours - retentions.default.raw_hours) for kept in retentions.every()}
    rows = connection.execute(
        "SELECT DISTINCT (kept_until + longer + interval '1 day' - interval '1 microsecond')::date"
        " FROM heads, unnest(%s::interval[]) AS longer",
        (list(longer),),
    ).fetchall()
    days = {day for (day,) in rows}
    if days and not {_name(day) for day in days} <= _partitions(connection):
        # IF NOT EXISTS is no help against another transaction that makes the same one at this moment.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        present = _partitions(connection)
        for day in sorted(day for day in days if _name(day) not in present):
            connection.execute(
                sql.SQL("CREATE TABLE IF NOT EXISTS {} PARTITION OF blocks FOR VALUES FROM ({}) TO ({})").format(
                    sql.Identifier(_name(day)),
                    sql.Literal(day.isoformat()),
                    sql.Literal((day + timedelta(1)).isoformat()),
                )
            )


def drop_partitions(connection: Connection, today: date) -> list[str]:
    """Drop the partitions whose day has begun; their names."""
    from psycopg import sql

    gone = sorted(name for name in _partitions(connection) if name <= _name(today))
    for name in gone:
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(name)))
    return gone


def _name(day: date) -> str:
    return f"blocks_{day:%Y%m%d}"


def _partitions(connection: Connection) -> set[str]:
    rows = connection.execute(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = 'blocks'::regclass"
    )
    return {name for (name,) in rows}
