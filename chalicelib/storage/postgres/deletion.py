"""Deletes series: out of heads, blocks, rollups, waiting samples and the catalogue, in one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.domain.instants import from_moment
from chalicelib.domain.series import Definition
from chalicelib.storage.postgres.catalogue import series_of
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.heads import PLACES
from chalicelib.storage.postgres.rollups import read_rollups, write_rollups
from chalicelib.tsdb.head import Head
from chalicelib.tsdb.leaving_out import LeftOut

if TYPE_CHECKING:
    from psycopg import Connection

_NO_METRIC = 0  # numbers begin at 1


class PostgresDeletion:
    """Hands out deletions, one at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextlib.contextmanager
    def step(self, metric_type: str) -> Iterator[PostgresDeletionStep]:
        """Begin with a metric type; waits for a drain or compaction that runs. Raises Unavailable."""
        with self._database.transaction() as connection:
            # In the order in which everybody takes both, so that nobody waits in a circle.
            connection.execute("SELECT FROM compaction FOR UPDATE")
            connection.execute("SELECT FROM drain FOR UPDATE")
            yield PostgresDeletionStep(connection, metric_type)


class PostgresDeletionStep:
    """The deletion of series of one metric type."""

    def __init__(self, connection: Connection, metric_type: str) -> None:
        self._connection = connection
        self._metric_type = metric_type
        row = connection.execute("SELECT number FROM metric_types WHERE name = %s", (metric_type,)).fetchone()
        self._metric: int = _NO_METRIC if row is None else row[0]

    def series(self) -> dict[int, Definition]:
        """Every series of the metric type, by id."""
        return series_of(self._connection, [self._metric_type])

    def stored(self) -> int:
        """How many samples of the metric type are in blocks."""
        return self._one("SELECT coalesce(sum(samples), 0) FROM blocks WHERE metric = %s")

    def count(self, series: Collection[int]) -> int:
        """How many samples of these series are in heads and blocks."""
        left_out = LeftOut(series)
        total = sum(left_out.count_in_head(head, self._metric) for _, head in self._heads())
        if len(series) == len(self.series()):
            return total + self.stored()
        rows = self._connection.execute("SELECT payload FROM blocks WHERE metric = %s", (self._metric,))
        return total + sum(left_out.count_in_block(payload) for (payload,) in rows)

    def delete(self, series: Collection[int], *, all_of_them: bool) -> None:
        """Delete these series with their samples and rollups; `all_of_them`: the metric type has no others."""
        ids, left_out = list(series), LeftOut(series)
        for sequence, head in self._heads():
            left = left_out.of_head(head, self._metric)
            self._connection.execute(
                "UPDATE heads SET metrics = %s, starts = '{}', places = %s, payload = %b WHERE sequence = %s",
                (left.metrics, left.places, left.payload, sequence),
            )
        if all_of_them:
            self._delete_blocks()
            self._connection.execute("DELETE FROM rollups WHERE metric = %s", (self._metric,))
        else:
            self._delete_from_blocks(left_out)
            self._delete_from_rollups(left_out, ids)
        self._connection.execute(
            "DELETE FROM series_lists l WHERE NOT EXISTS (SELECT FROM rollups r WHERE r.list = l.id)"
        )
        self._connection.execute("DELETE FROM waiting_samples WHERE series_id = ANY (%s)", (ids,))
        self._connection.execute("DELETE FROM series_catalogue WHERE id = ANY (%s)", (ids,))
        if all_of_them:
            self._connection.execute("DELETE FROM refused_samples WHERE metric = %s", (self._metric,))
            self._connection.execute("DELETE FROM metric_types WHERE number = %s", (self._metric,))
        # Whoever holds the catalogue or samples in memory reads them anew.
        self._connection.execute("UPDATE drain SET catalogue_epoch = catalogue_epoch + 1")

    def _heads(self) -> list[tuple[int, Head]]:
        """Each head with samples of the metric type, by its sequence."""
        rows = self._connection.execute(
            f"SELECT sequence, hour, metrics, {PLACES}, payload FROM heads"  # noqa: S608 -- of constants
            " WHERE %s = ANY (metrics) ORDER BY sequence",
            (self._metric,),
        )
        return [(sequence, Head(from_moment(hour), *rest)) for sequence, hour, *rest in rows]

    def _delete_blocks(self) -> None:
        rows = self._connection.execute(
            "DELETE FROM blocks WHERE metric = %s RETURNING hour, is_full, samples", (self._metric,)
        ).fetchall()
        for hour, is_full, samples in rows:
            self._take_off(hour, is_full, samples)

    def _delete_from_blocks(self, left_out: LeftOut) -> None:
        rows = self._connection.execute(
            "SELECT tableoid, ctid, hour, is_full, samples, payload FROM blocks"
            " WHERE metric = %s AND last_series >= %s AND first_series <= %s",
            (self._metric, left_out.lowest, left_out.highest),
        ).fetchall()
        for table, place, hour, is_full, samples, payload in rows:
            kept = left_out.of_block(payload)
            if kept is None:
                self._connection.execute("DELETE FROM blocks WHERE tableoid = %s AND ctid = %s", (table, place))
            elif kept[1] < samples:
                self._connection.execute(
                    "UPDATE blocks SET payload = %b, samples = %s, first_series = %s, last_series = %s"
                    " WHERE tableoid = %s AND ctid = %s",
                    (*kept, table, place),
                )
            self._take_off(hour, is_full, samples - (0 if kept is None else kept[1]))

    def _take_off(self, hour: datetime, is_full: bool, samples: int) -> None:
        self._connection.execute(
            "UPDATE hours SET full_samples = full_samples - %s, small_samples = small_samples - %s WHERE hour = %s",
            (samples if is_full else 0, 0 if is_full else samples, hour),
        )

    def _delete_from_rollups(self, left_out: LeftOut, ids: list[int]) -> None:
        rows = self._connection.execute(
            "SELECT r.seconds, r.hour, r.hour + interval '1 hour', r.kept_until FROM rollups r"
            " JOIN series_lists l ON l.id = r.list WHERE r.metric = %s AND l.series && %s::bigint[]",
            (self._metric, ids),
        ).fetchall()
        for seconds, hour, end, kept_until in rows:
            kept = left_out.of_rollups(read_rollups(self._connection, self._metric, seconds, hour, end))
            if len(kept):
                write_rollups(self._connection, self._metric, seconds, hour, kept, kept_until)
            else:
                self._connection.execute(
                    "DELETE FROM rollups WHERE metric = %s AND seconds = %s AND hour = %s",
                    (self._metric, seconds, hour),
                )

    def _one(self, query: str) -> int:
        row = self._connection.execute(query, (self._metric,)).fetchone()
        assert row is not None
        return int(row[0])
