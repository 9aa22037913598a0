"""The drain's tables: offset and marks, head rows, samples that wait; every write of a step in one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from chalicelib.domain.instants import to_datetime
from chalicelib.domain.series import Definition
from chalicelib.domain.series_limits import Defined, Refusal, SeriesLimits
from chalicelib.storage.postgres.arrays import take_arrays
from chalicelib.storage.postgres.catalogue import define_series, metrics_of
from chalicelib.storage.postgres.connection import Database
from chalicelib.tsdb.columns import SAMPLE_BYTES
from chalicelib.tsdb.progress import DrainCounts, DrainState
from chalicelib.tsdb.wire_arrays import IntArray, LongArray

if TYPE_CHECKING:
    from psycopg import Connection

    from chalicelib.tsdb.head import Head


class PostgresDrain:
    """Hands out steps, one at a time over all containers: the drain's row is locked for as long as a step lasts."""

    def __init__(self, database: Database, limits: SeriesLimits) -> None:
        self._database = database
        self._limits = limits

    @contextlib.contextmanager
    def step(self) -> Iterator[PostgresDrainStep | None]:
        """Begin a step; None while another run holds the drain. Raises Unavailable."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT entry_id, writer, number, catalogue_epoch, frames FROM drain FOR UPDATE SKIP LOCKED"
            ).fetchone()
            take_arrays(connection)
            yield None if row is None else PostgresDrainStep(connection, DrainState(*row), self._limits)


class PostgresDrainStep:
    """One step of the drain, within its transaction."""

    def __init__(self, connection: Connection, state: DrainState, limits: SeriesLimits) -> None:
        self._connection = connection
        self._limits = limits
        self.state = state

    def marks(self) -> dict[int, int]:
        """How many frames of each writer are drained."""
        return dict(self._connection.execute("SELECT id, frames FROM writers").fetchall())

    def define(self, definitions: Mapping[int, Definition], now: int) -> Defined:
        """Put series into the catalogue, as far as the limits go; see storage/postgres/catalogue.py."""
        defined, collisions = define_series(self._connection, definitions, to_datetime(now), self._limits)
        if collisions:
            self._connection.execute("UPDATE drain SET collisions = collisions + %s", (collisions,))
        return defined

    def metrics_of(self, series_ids: Sequence[int]) -> dict[int, int]:
        """Series id -> metric type number of those in the catalogue."""
        return metrics_of(self._connection, series_ids)

    def add_head(self, head: Head, *, now: int, kept_until: int) -> None:
        """Write a head row; instants in epoch ms."""
        self._connection.execute(
            "INSERT INTO heads (hour, arrived_at, kept_until, metrics, starts, places, payload)"
            " VALUES (%s, %s, %s, %s, '{}', %s, %b)",
            (
                *(to_datetime(head.hour), to_datetime(now), to_datetime(kept_until)),
                *(IntArray.of(head.metrics), IntArray.of(head.places), head.payload),
            ),
        )

    def keep_waiting(self, payloads: Mapping[int, bytes], now: int) -> None:
        """Keep samples of series nobody has defined yet, by series id."""
        with self._connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO waiting_samples (series_id, arrived_at, samples, payload) VALUES (%s, %s, %s, %b)",
                [
                    (series_id, to_datetime(now), len(payload) // SAMPLE_BYTES, payload)
                    for series_id, payload in payloads.items()
                ],
            )

    def count_refused(self, samples: Mapping[tuple[int, Refusal], int], now: int) -> None:
        """Add to the count of samples refused, by metric type number and why."""
        with self._connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO refused_samples AS known (hour, metric, reason, samples)"
                " VALUES (date_trunc('hour', %s::timestamptz), %s, %s, %s) ON CONFLICT (hour, metric, reason)"
                " DO UPDATE SET samples = known.samples + excluded.samples",
                [(to_datetime(now), metric, str(why), count) for (metric, why), count in samples.items()],
            )

    def take_waiting(self, series_ids: Sequence[int]) -> list[bytes]:
        """Take the samples that waited for these series, in the order of their arrival."""
        rows = self._connection.execute(
            "DELETE FROM waiting_samples WHERE series_id = ANY (%s) RETURNING sequence, payload", (list(series_ids),)
        ).fetchall()
        return [payload for _, payload in sorted(rows)]

    def expire_waiting(self, before: int) -> None:
        """Give up, and count, what arrived before an instant (epoch ms) and was never defined."""
        self._connection.execute(
            "WITH gone AS (DELETE FROM waiting_samples WHERE arrived_at < %s RETURNING samples)"
            " UPDATE drain SET expired_samples = expired_samples + (SELECT sum(samples) FROM gone)"
            " WHERE EXISTS (SELECT FROM gone)",
            (to_datetime(before),),
        )

    def advance(self, state: DrainState, *, marks: Mapping[int, int], counts: DrainCounts, now: int) -> None:
        """Move the offset and the marks, and add to the counts."""
        at = to_datetime(now)
        self._connection.execute(
            "WITH moved AS (UPDATE drain SET entry_id = %s, writer = %s, number = %s, drained_at = %s,"
            "  frames = frames + %s, samples = samples + %s, corrupt_frames = corrupt_frames + %s,"
            "  lost_frames = lost_frames + %s, last_loss_at = CASE WHEN %s > 0 THEN %s ELSE last_loss_at END)"
            " INSERT INTO writers (id, frames, seen_at)"
            " SELECT id, frames, %s FROM unnest(%s::bigint[], %s::bigint[]) AS changed (id, frames)"
            " ON CONFLICT (id) DO UPDATE SET frames = EXCLUDED.frames, seen_at = EXCLUDED.seen_at",
            (
                *(state.entry_id, state.writer, state.number, at),
                *(counts.frames, counts.samples, counts.corrupt, counts.lost, counts.lost, at),
                *(at, LongArray.of([*marks]), LongArray.of([*marks.values()])),
            ),
        )
