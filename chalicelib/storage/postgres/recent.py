"""The newest samples, for those who keep them in memory from one tick to the next."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from chalicelib.domain.instants import to_datetime
from chalicelib.domain.series import Definition
from chalicelib.storage.postgres.catalogue import series_by_id, series_of
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.heads import PLACES
from chalicelib.storage.postgres.samples import PostgresSnapshot
from chalicelib.tsdb.blocks import decode
from chalicelib.tsdb.columns import Columns
from chalicelib.tsdb.head import cut_slices, unpack_slice
from chalicelib.tsdb.progress import StorePosition
from chalicelib.tsdb.rollups import Part, Rollups

if TYPE_CHECKING:
    from psycopg import Connection

_EVERY_SERIES = (0, (1 << 63) - 1)


class PostgresRecent:
    """Hands out snapshots of the store."""

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        """`clock`: epoch ms."""
        self._database = database
        self._clock = clock

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[PostgresRecentSnapshot]:
        """All that is read in the block is of one instant. Raises Unavailable."""
        with self._database.transaction(snapshot=True) as connection:
            yield PostgresRecentSnapshot(connection, self._clock())


class PostgresRecentSnapshot:
    """The newest samples at one instant."""

    def __init__(self, connection: Connection, now: int) -> None:
        """`now`: the instant in epoch ms."""
        self._connection = connection
        self._stored = PostgresSnapshot(connection, now)

    def position(self) -> StorePosition:
        """How far the store has been written."""
        row = self._connection.execute(
            "SELECT greatest(c.newest_head, (SELECT max(sequence) FROM heads)), c.newest_head, d.catalogue_epoch,"
            " d.frames FROM compaction c, drain d"
        ).fetchone()
        assert row is not None
        return StorePosition(*row)

    def heads_after(self, sequence: int) -> list[dict[str, Columns]]:
        """The samples of each head row after `sequence` by metric type, in the order of arrival."""
        rows = self._connection.execute(
            f"SELECT metrics, {PLACES}, payload FROM heads WHERE sequence > %s ORDER BY sequence",  # noqa: S608 -- of constants
            (sequence,),
            binary=True,
        ).fetchall()
        wanted = list({metric for metrics, _, _ in rows for metric in metrics})
        found = self._connection.execute("SELECT number, name FROM metric_types WHERE number = ANY (%s)", (wanted,))
        names: dict[int, str] = dict(found.fetchall())
        return [{names[metric]: unpack_slice(each) for metric, each in cut_slices(*row).items()} for row in rows]

    def samples_between(self, metric_type: str, start: int, end: int, *, but: Sequence[int] = ()) -> list[Columns]:
        """All that is stored of a metric type in the hours that meet [start, end), in the order of arrival.

        Of the hours in `but` only what is not compacted yet.
        """
        stored = self._stored.stored(metric_type, start, end, _EVERY_SERIES, but=but)
        return [*map(decode, stored.blocks), *map(unpack_slice, stored.slices)]

    def stored_between(self, metric_type: str, start: int, end: int) -> int:
        """How many samples `samples_between` would bring, without those that are not compacted yet."""
        row = self._connection.execute(
            "SELECT coalesce(sum(samples), 0)::bigint FROM blocks"
            " WHERE metric = (SELECT number FROM metric_types WHERE name = %s)"
            " AND hour > %s::timestamptz - interval '1 hour' AND hour < %s",
            (metric_type, to_datetime(start), to_datetime(end)),
        ).fetchone()
        assert row is not None
        return int(row[0])

    def is_sealed(self, metric_type: str, start: int, end: int) -> bool:
        """Whether samples of a metric type of [start, end) have been let go, so that only rollups tell of them all."""
        return self._stored.is_sealed(metric_type, start, end)

    def rollups(self, metric_type: str, seconds: int, start: int, end: int, part: Part) -> Rollups:
        """A metric type's rollups of a resolution in the hours that meet [start, end)."""
        return self._stored.rollups(metric_type, seconds, start, end, part)

    def series_of(self, metric_types: Sequence[str]) -> dict[int, Definition]:
        """Every series of these metric types, by id."""
        return series_of(self._connection, list(metric_types))

    def series_by_id(self, series_ids: Sequence[int]) -> dict[int, Definition]:
        """What these ids stand for, of those in the catalogue."""
        return series_by_id(self._connection, list(series_ids))
