"""Rollups in PostgreSQL: arrays that SQL can unpack, read here as the bytes that they are sent as."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from chalicelib.domain.instants import from_moment
from chalicelib.storage.postgres.arrays import take_arrays
from chalicelib.tsdb.rollup_rows import SentRow, from_sent, to_row
from chalicelib.tsdb.rollups import Part, Rollups

if TYPE_CHECKING:
    from psycopg import Connection

_COLUMNS = ("sums", "mins", "maxs", "lasts", "sketch_sizes", "sketch_bins", "sketch_counts")
_WANTED = {
    Part.TOTALS: ("sums",),
    Part.FIGURES: ("sums", "mins", "maxs", "lasts"),
    Part.SKETCHES: ("sums", "sketch_sizes", "sketch_bins", "sketch_counts"),
    Part.ALL: _COLUMNS,
}


def _reading(wanted: tuple[str, ...]) -> str:
    """The statement that reads these columns, NULL for the others."""
    columns = ", ".join(f"array_send({name})" if name in wanted else "NULL::bytea" for name in _COLUMNS)
    return (
        f"SELECT hour, list, array_send(counts), {columns} FROM rollups"  # noqa: S608 -- names of columns, all ours
        " WHERE metric = %(metric)s AND seconds = %(seconds)s AND hour >= %(start)s AND hour < %(end)s ORDER BY hour"
    )


_READ = {part: _reading(wanted) for part, wanted in _WANTED.items()}


def write_rollups(
    connection: Connection,
    metric: int,
    seconds: int,
    hour: datetime,
    rollups: Rollups,
    kept_until: date,
    *,
    complete_until: date | None = None,
) -> None:
    """Replace a metric type's rollups of an hour at a resolution; they are sorted by series and time.

    `complete_until`: until when all samples that they were made of are there; None = as it was.
    """
    take_arrays(connection)
    row = to_row(rollups, from_moment(hour), seconds)
    connection.execute(
        "INSERT INTO series_lists (id, series) VALUES (%s, %b::int8[]) ON CONFLICT DO NOTHING",
        (row.list_id, row.series),
    )
    connection.execute(
        "INSERT INTO rollups (metric, hour, seconds, list, kept_until, complete_until, counts, sums, mins, maxs, lasts,"
        " sketch_sizes, sketch_bins, sketch_counts) VALUES (%s, %s, %s, %s, %s, %s, %b::int4[], %b::float8[],"
        " %b::float8[], %b::float8[], %b::float8[], %b::int4[], %b::int4[], %b::int4[])"
        " ON CONFLICT (metric, seconds, hour) DO UPDATE SET list = EXCLUDED.list, kept_until = greatest("
        " rollups.kept_until, EXCLUDED.kept_until), complete_until = least(rollups.complete_until,"
        " EXCLUDED.complete_until), counts = EXCLUDED.counts, sums = EXCLUDED.sums,"
        " mins = EXCLUDED.mins, maxs = EXCLUDED.maxs, lasts = EXCLUDED.lasts, sketch_sizes = EXCLUDED.sketch_sizes,"
        " sketch_bins = EXCLUDED.sketch_bins, sketch_counts = EXCLUDED.sketch_counts",
        (
            *(metric, hour, seconds, row.list_id, kept_until, complete_until, row.counts),
            *row.figures,
            *(row.sketch or (None, None, None)),
        ),
    )


def read_rollups(
    connection: Connection, metric: int, seconds: int, start: datetime, end: datetime, part: Part = Part.ALL
) -> Rollups:
    """A metric type's rollups of the hours in [start, end), hour by hour; of their columns those of a part."""
    rows = [
        SentRow(from_moment(hour), list_id, counts, tuple(columns[:4]), tuple(columns[4:]))
        for hour, list_id, counts, *columns in connection.execute(
            _READ[part], {"metric": metric, "seconds": seconds, "start": start, "end": end}, binary=True
        )
    ]
    # Rows of one fleet share their list of series: it is read once.
    named = list({row.list_id for row in rows})
    lists = connection.execute(
        "SELECT id, array_send(series) FROM series_lists WHERE id = ANY (%s)", (named,), binary=True
    )
    return from_sent(rows, dict(lists.fetchall()), seconds)


def forget_rollups(connection: Connection, today: date) -> int:
    """Delete what has been kept for long enough, and what then nothing refers to; how many rows."""
    gone = connection.execute("DELETE FROM rollups WHERE kept_until <= %s", (today,)).rowcount
    if gone:
        connection.execute("DELETE FROM series_lists l WHERE NOT EXISTS (SELECT FROM rollups r WHERE r.list = l.id)")
        connection.execute("DELETE FROM rolled_hours h WHERE NOT EXISTS (SELECT FROM rollups r WHERE r.hour = h.hour)")
    return gone
