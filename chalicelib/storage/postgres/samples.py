"""Samples as queries read them: offset, marks, catalogue and heads, all of one instant."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from chalicelib.domain.instants import to_datetime
from chalicelib.domain.series import NO_TAGS, Definition
from chalicelib.storage.postgres.catalogue import series_of
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.rollups import read_rollups
from chalicelib.storage.postgres.stored import IS_SEALED, READ, answered, asked
from chalicelib.tsdb.progress import DrainState
from chalicelib.tsdb.rollups import HOUR_MS, Part, Rollups, nothing
from chalicelib.tsdb.stored import Stored

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

    def stored(
        self, metric_type: str, start: int, end: int, series: tuple[int, int], *, sealed_from: int | None = None
    ) -> Stored:
        """What it holds of a metric type, by one statement; see services/ports/reading.py. Raises Unavailable."""
        today = to_datetime(self._clock()).date()
        given = asked(metric_type, start, end, series, today=today, sealed_from=sealed_from)
        return answered(self._database.ask(READ, given))


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

    def stored(
        self,
        metric_type: str,
        start: int,
        end: int,
        series: tuple[int, int],
        *,
        but: Sequence[int] = (),
        sealed_from: int | None = None,
    ) -> Stored:
        """What the store holds of a metric type; see services/ports/reading.py."""
        given = asked(metric_type, start, end, series, today=self._today, but=but, sealed_from=sealed_from)
        return answered(self._connection.execute(READ, given, binary=True, prepare=True).fetchall())

    def is_sealed(self, metric_type: str, start: int, end: int) -> bool:
        """Whether samples of a metric type of [start, end) have been let go, so that only rollups tell of them all."""
        given = {"name": metric_type, "sealed_from": to_datetime(start), "end": to_datetime(end), "today": self._today}
        row = self._connection.execute(f"SELECT {IS_SEALED}", given).fetchone()
        return bool(row and row[0])

    def rollups(self, metric_type: str, seconds: int, start: int, end: int, part: Part = Part.ALL) -> Rollups:
        """Its rollups of a resolution in the hours that meet [start, end)."""
        found = self._connection.execute("SELECT number FROM metric_types WHERE name = %s", (metric_type,)).fetchone()
        if found is None:
            return nothing()
        first = to_datetime(start - start % HOUR_MS)
        return read_rollups(self._connection, found[0], seconds, first, to_datetime(end), part)
