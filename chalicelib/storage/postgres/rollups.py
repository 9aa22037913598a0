"""Rollups in PostgreSQL: arrays that SQL can unpack, read here as the bytes that they are sent as."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from chalicelib.domain.instants import from_moment
from chalicelib.tsdb.rollup_rows import from_sent, to_row
from chalicelib.tsdb.rollups import Rollups, concatenate

if TYPE_CHECKING:
    from psycopg import Connection


def write_rollups(
    connection: Connection, metric: int, seconds: int, hour: datetime, rollups: Rollups, kept_until: date
) -> None:
    """Replace a metric type's rollups of an hour at a resolution; they are sorted by series and time."""
    row = to_row(rollups, from_moment(hour), seconds)
    connection.execute(
        "INSERT INTO series_lists (id, series) VALUES (%s, %b::int8[]) ON CONFLICT DO NOTHING",
        (row.list_id, row.series),
    )
    connection.execute(
        "INSERT INTO rollups (metric, hour, seconds, list, kept_until, counts, sums, mins, maxs, lasts, sketch_sizes,"
        " sketch_bins, sketch_counts) VALUES (%s, %s, %s, %s, %s, %b::int4[], %b::float8[], %b::float8[],"
        " %b::float8[], %b::float8[], %b::int4[], %b::int4[], %b::int4[])"
        " ON CONFLICT (metric, seconds, hour) DO UPDATE SET list = EXCLUDED.list, kept_until = greatest("
        " rollups.kept_until, EXCLUDED.kept_until), counts = EXCLUDED.counts, sums = EXCLUDED.sums,"
        " mins = EXCLUDED.mins, maxs = EXCLUDED.maxs, lasts = EXCLUDED.lasts, sketch_sizes = EXCLUDED.sketch_sizes,"
        " sketch_bins = EXCLUDED.sketch_bins, sketch_counts = EXCLUDED.sketch_counts",
        (
            *(metric, hour, seconds, row.list_id, kept_until, row.counts),
            *row.figures,
            *(row.sketch or (None, None, None)),
        ),
    )


def read_rollups(connection: Connection, metric: int, seconds: int, start: datetime, end: datetime) -> Rollups:
    """A metric type's rollups of the hours in [start, end), hour by hour."""
    rows = connection.execute(
        "SELECT r.hour, array_send(l.series), array_send(r.counts), array_send(r.sums), array_send(r.mins),"
        " array_send(r.maxs), array_send(r.lasts), array_send(r.sketch_sizes), array_send(r.sketch_bins),"
        " array_send(r.sketch_counts) FROM rollups r JOIN series_lists l ON l.id = r.list"
        " WHERE r.metric = %s AND r.seconds = %s AND r.hour >= %s AND r.hour < %s ORDER BY r.hour",
        (metric, seconds, start, end),
        binary=True,
    )
    return concatenate([from_sent(from_moment(hour), seconds, *sent) for hour, *sent in rows])


def forget_rollups(connection: Connection, today: date) -> int:
    """Delete what has been kept for long enough, and what then nothing refers to; how many rows."""
    gone = connection.execute("DELETE FROM rollups WHERE kept_until <= %s", (today,)).rowcount
    if gone:
        connection.execute("DELETE FROM series_lists l WHERE NOT EXISTS (SELECT FROM rollups r WHERE r.list = l.id)")
        connection.execute("DELETE FROM rolled_hours h WHERE NOT EXISTS (SELECT FROM rollups r WHERE r.hour = h.hour)")
    return gone
