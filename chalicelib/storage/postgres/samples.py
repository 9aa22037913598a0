"""Samples as queries read them: offset, marks, catalogue and heads, all of one instant."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from chalicelib.domain.instants import to_datetime
from chalicelib.domain.series import NO_TAGS, Definition
from chalicelib.storage.postgres.catalogue import series_of
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.heads import SLICE
from chalicelib.storage.postgres.rollups import read_rollups
from chalicelib.tsdb.progress import DrainState
from chalicelib.tsdb.rollups import HOUR_MS, Part, Rollups, nothing

if TYPE_CHECKING:
    from psycopg import Connection


class PostgresSamples:
    """Hands out snapshots of the store."""

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        """`clock`: epoch ms."""
        self._database = database
        self._clock = clock

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[PostgresSnapshot]:
        """Everything read from it is of one instant, also while drain and compaction go on. Raises Unavailable."""
        with self._database.transaction(snapshot=True) as connection:
            yield PostgresSnapshot(connection, self._clock())


class PostgresSnapshot:
    """The store at one instant."""

    def __init__(self, connection: Connection, now: int) -> None:
        """`now`: the instant in epoch ms, of the clock by which housekeeping lets samples go."""
        self._connection = connection
        self._today = to_datetime(now).date()

    def progress(self) -> tuple[DrainState, dict[int, int]]:
        """How far the stream is drained, and how many frames of each writer."""
        row = self._connection.execute(
            "SELECT entry_id, writer, number, catalogue_epoch, frames,"
            " ARRAY(SELECT id FROM writers ORDER BY id), ARRAY(SELECT frames FROM writers ORDER BY id) FROM drain",
            binary=True,
        ).fetchone()
        assert row is not None
        *state, writers, frames = row
        return DrainState(*state), dict(zip(writers, frames, strict=True))

    def series_of(self, metric_type: str, tags: Mapping[str, str] = NO_TAGS) -> dict[int, Definition]:
        """The series of a metric type in the catalogue that carry these tags, by id."""
        return series_of(self._connection, [metric_type], tags)

    def packed(
        self, metric_type: str, start: int, end: int, series: tuple[int, int], *, but: Sequence[int] = ()
    ) -> tuple[list[bytes], list[bytes]]:
        """Its blocks that may hold samples of [start, end) and of series ids within `series`, and its slices of heads.

        Both in the order of arrival; every block is older than every head of its hour. Blocks of hours in `but` are
        left out.
        """
        rows = self._connection.execute(
            "WITH m AS MATERIALIZED (SELECT number FROM metric_types WHERE name = %(name)s)"  # noqa: S608 -- of constants
            " SELECT false, sequence, payload FROM blocks WHERE metric = (SELECT number FROM m)"
            " AND hour > %(start)s::timestamptz - interval '1 hour' AND hour < %(end)s"
            " AND last_series >= %(first)s AND first_series <= %(last)s AND hour <> ALL (%(but)s::timestamptz[])"
            f" UNION ALL SELECT true, sequence, {SLICE}"
            " FROM (SELECT sequence, payload, starts, places, array_position(metrics, m.number) AS place FROM heads, m"
            "       WHERE hour > %(start)s::timestamptz - interval '1 hour' AND hour < %(end)s) AS found"
            " WHERE place IS NOT NULL",
            {
                "name": metric_type,
                "start": to_datetime(start),
                "end": to_datetime(end),
                "first": series[0],
                "last": series[1],
                "but": [to_datetime(hour) for hour in but],
            },
            binary=True,
        ).fetchall()
        rows.sort(key=lambda row: row[:2])
        return [row[2] for row in rows if not row[0]], [row[2] for row in rows if row[0]]

    def is_sealed(self, metric_type: str, start: int, end: int) -> bool:
        """Whether samples of a metric type of [start, end) have been let go, so that only rollups tell of them all."""
        row = self._connection.execute(
            # Rollups of before there were classes of retention say nothing themselves: their hour does.
            "SELECT EXISTS (SELECT FROM rollups r WHERE metric = (SELECT number FROM metric_types WHERE name = %s)"
            " AND seconds IN (300, 3600) AND hour > %s::timestamptz - interval '1 hour' AND hour < %s"
            " AND coalesce(complete_until, (SELECT h.complete_until FROM rolled_hours h WHERE h.hour = r.hour),"
            " '-infinity') <= %s)",
            (metric_type, to_datetime(start), to_datetime(end), self._today),
        ).fetchone()
        return bool(row and row[0])

    def rollups(self, metric_type: str, seconds: int, start: int, end: int, part: Part = Part.ALL) -> Rollups:
        """Its rollups of a resolution in the hours that meet [start, end)."""
        found = self._connection.execute("SELECT number FROM metric_types WHERE name = %s", (metric_type,)).fetchone()
        if found is None:
            return nothing()
        first = to_datetime(start - start % HOUR_MS)
        return read_rollups(self._connection, found[0], seconds, first, to_datetime(end), part)
