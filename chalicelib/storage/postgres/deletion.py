"""Deletes series: out of heads, blocks, rollups, waiting samples and the catalogue, in one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.series import Definition
from chalicelib.storage.postgres.catalogue import series_of
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.rollups import read_rollups, write_rollups
from chalicelib.tsdb.blocks import decode, encode
from chalicelib.tsdb.columns import SAMPLE_BYTES, Columns, unpack
from chalicelib.tsdb.rollups import FIVE_MINUTES, HOUR, HOUR_MS

if TYPE_CHECKING:
    from psycopg import Connection

Ids = NDArray[np.int64]
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
        ids = np.fromiter(series, np.int64, len(series))
        total = sum(int(np.isin(each.ids, ids).sum()) for _, each, *_ in self._heads())
        if len(series) == len(self.series()):
            return total + self.stored()
        rows = self._connection.execute("SELECT payload FROM blocks WHERE metric = %s", (self._metric,))
        return total + sum(int(np.isin(decode(payload).ids, ids).sum()) for (payload,) in rows)

    def delete(self, series: Collection[int], *, all_of_them: bool) -> None:
        """Delete these series with their samples and rollups; `all_of_them`: the metric type has no others."""
        ids = np.fromiter(series, np.int64, len(series))
        self._delete_from_heads(ids)
        if all_of_them:
            self._delete_blocks()
            self._connection.execute("DELETE FROM rollups WHERE metric = %s", (self._metric,))
        else:
            self._delete_from_blocks(ids)
            self._delete_from_rollups(ids)
        self._connection.execute(
            "DELETE FROM series_lists l WHERE NOT EXISTS (SELECT FROM rollups r WHERE r.list = l.id)"
        )
        self._connection.execute("DELETE FROM waiting_samples WHERE series_id = ANY (%s)", (ids.tolist(),))
        self._connection.execute("DELETE FROM series_catalogue WHERE id = ANY (%s)", (ids.tolist(),))
        if all_of_them:
            self._connection.execute("DELETE FROM refused_samples WHERE metric = %s", (self._metric,))
            self._connection.execute("DELETE FROM metric_types WHERE number = %s", (self._metric,))
        # Whoever holds the catalogue or samples in memory reads them anew.
        self._connection.execute("UPDATE drain SET catalogue_epoch = catalogue_epoch + 1")

    def _heads(self) -> list[tuple[int, Columns, int, list[int], list[int], bytes]]:
        """Each head with samples of the metric type: sequence, those samples, its place, metrics, starts, payload."""
        rows = self._connection.execute(
            "SELECT sequence, metrics, starts, payload FROM heads WHERE %s = ANY (metrics) ORDER BY sequence",
            (self._metric,),
        ).fetchall()
        found = []
        for sequence, metrics, starts, payload in rows:
            place = metrics.index(self._metric)
            begin, end = starts[place], starts[place + 1]
            mine = unpack(payload[SAMPLE_BYTES * begin : SAMPLE_BYTES * end])
            found.append((sequence, mine, place, metrics, starts, payload))
        return found

    def _delete_from_heads(self, ids: Ids) -> None:
        for sequence, mine, place, metrics, starts, payload in self._heads():
            kept = mine.where(~np.isin(mine.ids, ids))
            parts = [payload[SAMPLE_BYTES * a : SAMPLE_BYTES * b] for a, b in pairwise(starts)]
            sizes = [b - a for a, b in pairwise(starts)]
            if len(kept):
                parts[place], sizes[place] = kept.pack(), len(kept)
            else:
                del parts[place], sizes[place], metrics[place]
            self._connection.execute(
                "UPDATE heads SET metrics = %s, starts = %s, payload = %b WHERE sequence = %s",
                (metrics, [0, *np.cumsum(sizes).tolist()], b"".join(parts), sequence),
            )

    def _delete_blocks(self) -> None:
        rows = self._connection.execute(
            "DELETE FROM blocks WHERE metric = %s RETURNING hour, is_full, samples", (self._metric,)
        ).fetchall()
        for hour, is_full, samples in rows:
            self._take_off(hour, is_full, samples)

    def _delete_from_blocks(self, ids: Ids) -> None:
        low, high = int(ids.min()), int(ids.max())
        rows = self._connection.execute(
            "SELECT tableoid, ctid, hour, is_full, payload FROM blocks"
            " WHERE metric = %s AND last_series >= %s AND first_series <= %s",
            (self._metric, low, high),
        ).fetchall()
        for table, place, hour, is_full, payload in rows:
            samples = decode(payload)
            kept = samples.where(~np.isin(samples.ids, ids))
            where: tuple[Any, ...] = (table, place)
            if len(kept) == len(samples):
                continue
            if len(kept):
                self._connection.execute(
                    "UPDATE blocks SET payload = %b, samples = %s, first_series = %s, last_series = %s"
                    " WHERE tableoid = %s AND ctid = %s",
                    (encode(kept), len(kept), int(kept.ids[0]), int(kept.ids[-1]), *where),
                )
            else:
                self._connection.execute("DELETE FROM blocks WHERE tableoid = %s AND ctid = %s", where)
            self._take_off(hour, is_full, len(samples) - len(kept))

    def _take_off(self, hour: datetime, is_full: bool, samples: int) -> None:
        self._connection.execute(
            "UPDATE hours SET full_samples = full_samples - %s, small_samples = small_samples - %s WHERE hour = %s",
            (samples if is_full else 0, 0 if is_full else samples, hour),
        )

    def _delete_from_rollups(self, ids: Ids) -> None:
        for seconds in (FIVE_MINUTES, HOUR):
            rows = self._connection.execute(
                "SELECT r.hour, r.kept_until FROM rollups r JOIN series_lists l ON l.id = r.list"
                " WHERE r.metric = %s AND r.seconds = %s AND l.series && %s::bigint[]",
                (self._metric, seconds, ids.tolist()),
            ).fetchall()
            for hour, kept_until in rows:
                end = datetime.fromtimestamp(hour.timestamp() + HOUR_MS / 1000, hour.tzinfo)
                found = read_rollups(self._connection, self._metric, seconds, hour, end)
                kept = found.where(~np.isin(found.ids, ids))
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
