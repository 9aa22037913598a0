"""Rollups in PostgreSQL: arrays that SQL can unpack, read here as the bytes that they are sent as."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.instants import from_moment
from chalicelib.tsdb.rollups import HOUR, Rollups, concatenate

if TYPE_CHECKING:
    from psycopg import Connection

_HEADER = 20  # of a one-dimensional array on the wire: dimensions, flags, type, length, lower bound
_FLOAT = np.dtype([("size", ">i4"), ("value", ">f8")])
_LONG = np.dtype([("size", ">i4"), ("value", ">i8")])
_INT = np.dtype([("size", ">i4"), ("value", ">i4")])


def write_rollups(
    connection: Connection, metric: int, seconds: int, hour: datetime, rollups: Rollups, kept_until: date
) -> None:
    """Replace a metric type's rollups of an hour at a resolution; they are sorted by series and time."""
    series = np.unique(rollups.ids)
    buckets = HOUR // seconds
    size = len(series) * buckets
    begin = from_moment(hour)
    places = np.searchsorted(series, rollups.ids) * buckets + (rollups.times - begin) // (seconds * 1000)
    counts = np.zeros(size, np.int64)
    counts[places] = rollups.counts
    figures = []
    for column in (rollups.sums, rollups.mins, rollups.maxs, rollups.lasts):
        dense = np.zeros(size)
        dense[places] = column
        figures.append(dense.tolist())
    sketch: tuple[Any, ...] = (None, None, None)
    if len(rollups.bins):
        sizes = np.zeros(size, np.int64)
        sizes[places] = rollups.sizes
        sketch = (sizes.tolist(), rollups.bins.tolist(), rollups.weights.tolist())
    connection.execute(
        "INSERT INTO rollups (metric, hour, seconds, list, kept_until, counts, sums, mins, maxs, lasts, sketch_sizes,"
        " sketch_bins, sketch_counts) VALUES (%s, %s, %s, %s, %s, %b::int4[], %b::float8[], %b::float8[],"
        " %b::float8[], %b::float8[], %b::int4[], %b::int4[], %b::int4[])"
        " ON CONFLICT (metric, seconds, hour) DO UPDATE SET list = EXCLUDED.list, kept_until = greatest("
        " rollups.kept_until, EXCLUDED.kept_until), counts = EXCLUDED.counts, sums = EXCLUDED.sums,"
        " mins = EXCLUDED.mins, maxs = EXCLUDED.maxs, lasts = EXCLUDED.lasts, sketch_sizes = EXCLUDED.sketch_sizes,"
        " sketch_bins = EXCLUDED.sketch_bins, sketch_counts = EXCLUDED.sketch_counts",
        (metric, hour, seconds, _list(connection, series), kept_until, counts.tolist(), *figures, *sketch),
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
    return concatenate([_rollups(seconds, *row) for row in rows])


def forget_rollups(connection: Connection, today: date) -> int:
    """Delete what has been kept for long enough, and what then nothing refers to; how many rows."""
    gone = connection.execute("DELETE FROM rollups WHERE kept_until <= %s", (today,)).rowcount
    if gone:
        connection.execute("DELETE FROM series_lists l WHERE NOT EXISTS (SELECT FROM rollups r WHERE r.list = l.id)")
        connection.execute("DELETE FROM rolled_hours h WHERE NOT EXISTS (SELECT FROM rollups r WHERE r.hour = h.hour)")
    return gone


def _list(connection: Connection, series: NDArray[np.int64]) -> int:
    """The number of a list of series, which is kept if it is new."""
    number = int.from_bytes(hashlib.blake2b(series.astype("<i8").tobytes(), digest_size=8).digest(), "big") >> 1
    connection.execute(
        "INSERT INTO series_lists (id, series) VALUES (%s, %b::int8[]) ON CONFLICT DO NOTHING",
        (number, series.tolist()),
    )
    return number


def _rollups(seconds: int, hour: datetime, series: bytes, counts: bytes, *rest: bytes) -> Rollups:
    ids, per_bucket = _read(series, _LONG), _read(counts, _INT)
    sums, mins, maxs, lasts = (_read(each, _FLOAT) for each in rest[:4])
    buckets = HOUR // seconds
    times = from_moment(hour) + np.arange(buckets, dtype=np.int64) * seconds * 1000
    there = per_bucket > 0
    none = np.empty(0, np.int64)
    sizes, bins, weights = (none if each is None else _read(each, _INT) for each in rest[4:])
    return Rollups(
        ids=np.repeat(ids, buckets)[there],
        times=np.tile(times, len(ids))[there],
        counts=per_bucket[there],
        sums=sums[there],
        mins=mins[there],
        maxs=maxs[there],
        lasts=lasts[there],
        sizes=sizes[there] if len(sizes) else np.zeros(int(there.sum()), np.int64),
        bins=bins,
        weights=weights,
    )


def _read(sent: bytes, kind: np.dtype[Any]) -> NDArray[Any]:
    """The elements of an array without nulls, as PostgreSQL sends it."""
    values = np.frombuffer(sent, kind, offset=_HEADER if len(sent) > 12 else len(sent))["value"]
    return values.astype(np.float64 if values.dtype.kind == "f" else np.int64)
