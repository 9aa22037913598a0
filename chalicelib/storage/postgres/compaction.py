"""The compaction's tables: heads become blocks, small blocks become full ones; one hour a transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.domain.instants import to_datetime
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.heads import PLACES, SLICE
from chalicelib.storage.postgres.partitions import ensure_partitions
from chalicelib.storage.postgres.rollups import read_rollups, write_rollups
from chalicelib.tsdb.head import cut_slices
from chalicelib.tsdb.hours import HourState
from chalicelib.tsdb.rollups import Rollups

if TYPE_CHECKING:
    from psycopg import Connection

# Up to so many bytes of heads are read in one query; more of them metric type by metric type, in bounded memory.
READ_AT_ONCE = 48 * 1024 * 1024
_STATES = (
    "SELECT hour, coalesce(h.heads, 0), h.oldest, coalesce(b.full_samples, 0), coalesce(b.small_samples, 0)"
    " FROM (SELECT hour, count(*) AS heads, min(arrived_at) AS oldest FROM heads GROUP BY hour) h"
    " FULL JOIN hours b USING (hour)"
)


class PostgresCompaction:
    """Hands out hours to compact, to one run at a time."""

    def __init__(self, database: Database, *, retention: Mapping[int, int]) -> None:
        self._database = database
        self._retention = retention  # of rollups: seconds of resolution -> days

    def hours(self) -> list[HourState]:
        """Every hour that holds heads, or blocks that are not full, the oldest first. Raises Unavailable."""
        with self._database.transaction() as connection:
            ensure_partitions(connection)
            rows = connection.execute(
                f"{_STATES} WHERE h.heads IS NOT NULL OR b.small_samples > 0 ORDER BY hour"
            ).fetchall()
        return [_state(*row) for row in rows]

    @contextlib.contextmanager
    def step(self, hour: int) -> Iterator[PostgresCompactionStep | None]:
        """Begin with an hour (epoch ms); None while another run compacts. Raises Unavailable."""
        with self._database.transaction() as connection:
            held = connection.execute("SELECT FROM compaction FOR UPDATE SKIP LOCKED").fetchone()
            if held is None:
                yield None
                return
            step = PostgresCompactionStep(connection, to_datetime(hour), self._retention)
            yield step
            step.write_counts()


class PostgresCompactionStep:
    """One hour's compaction, within its transaction."""

    def __init__(self, connection: Connection, hour: datetime, retention: Mapping[int, int]) -> None:
        self._connection = connection
        self._retention = retention
        self._hour = hour
        rows = connection.execute(
            # The partition's day: the first midnight that is not before the end of what is kept.
            "SELECT sequence, metrics, (kept_until + interval '1 day' - interval '1 microsecond')::date,"
            " octet_length(payload) FROM heads WHERE hour = %s ORDER BY sequence",
            (hour,),
        ).fetchall()
        self._sequences = [row[0] for row in rows]
        self._metrics = sorted({metric for row in rows for metric in row[1]})
        self._kept_until: date = max((row[2] for row in rows), default=date.min)
        self._newest = self._sequences[-1] if rows else 0
        self._heads = self._read_heads() if sum(row[3] for row in rows) <= READ_AT_ONCE else None
        self._added = {True: 0, False: 0}  # samples in blocks, by whether the block is a full one

    def state(self) -> HourState:
        """What the hour holds now."""
        self.write_counts()
        row = self._connection.execute(f"{_STATES} WHERE hour = %s", (self._hour,)).fetchone()
        assert row is not None
        return _state(*row)

    def head_metrics(self) -> list[int]:
        """The metric types in the hour's heads, as they were when the step began."""
        return self._metrics

    def head_payloads(self, metric: int) -> list[bytes]:
        """A metric type's slices of the heads, in the order of arrival."""
        if self._heads is not None:
            return [slices[metric] for slices in self._heads if metric in slices]
        rows = self._connection.execute(
            f"SELECT {SLICE}"  # noqa: S608 -- of constants
            " FROM (SELECT sequence, payload, starts, places, array_position(metrics, %s) AS place"
            "       FROM heads WHERE sequence = ANY (%s)) AS found WHERE place IS NOT NULL ORDER BY sequence",
            (metric, self._sequences),
            binary=True,
        )
        return [payload for (payload,) in rows]

    def delete_heads(self) -> None:
        """Delete the heads whose samples are in blocks now."""
        self._connection.execute("DELETE FROM heads WHERE sequence = ANY (%s)", (self._sequences,))
        self._connection.execute(
            "UPDATE compaction SET newest_head = greatest(newest_head, %s)", (max(self._sequences, default=0),)
        )

    def block_metrics(self) -> list[int]:
        """The metric types in the hour's blocks."""
        rows = self._connection.execute("SELECT DISTINCT metric FROM blocks WHERE hour = %s ORDER BY 1", (self._hour,))
        return [metric for (metric,) in rows]

    def take_blocks(self, metric: int) -> list[bytes]:
        """Delete a metric type's blocks and return them in the order of arrival."""
        rows = self._connection.execute(
            "DELETE FROM blocks WHERE metric = %s AND hour = %s"
            " RETURNING sequence, first_series, payload, kept_until, is_full, samples",
            (metric, self._hour),
            binary=True,
        ).fetchall()
        rows.sort(key=lambda row: row[:2])
        self._newest = max(row[0] for row in rows)
        self._kept_until = max(row[3] for row in rows)
        for row in rows:
            self._added[row[4]] -= row[5]
        return [row[2] for row in rows]

    def sampled_series(self, metric: int) -> list[int]:
        """The ids of a metric type's sampled series."""
        rows = self._connection.execute("SELECT id FROM series_catalogue WHERE metric = %s AND kind = 0", (metric,))
        return [series_id for (series_id,) in rows]

    def add_block(self, metric: int, payload: bytes, *, series: tuple[int, int], samples: int, is_full: bool) -> None:
        """Write a block of what was read last; `series` are its lowest and highest series id."""
        self._connection.execute(
            "INSERT INTO blocks"
            " (kept_until, hour, metric, sequence, is_full, first_series, last_series, samples, payload)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %b)",
            (self._kept_until, self._hour, metric, self._newest, is_full, *series, samples, payload),
        )
        self._added[is_full] += samples

    def read_blocks(self, metric: int) -> list[bytes]:
        """A metric type's blocks in the order of arrival, left where they are."""
        rows = self._connection.execute(
            "SELECT payload FROM blocks WHERE metric = %s AND hour = %s ORDER BY sequence, first_series",
            (metric, self._hour),
            binary=True,
        )
        return [payload for (payload,) in rows]

    def is_complete(self, now: int) -> bool:
        """Whether all samples that the hour ever had are still there; the first call says yes."""
        row = self._connection.execute(
            "INSERT INTO rolled_hours (hour, complete_until) VALUES (%s, coalesce("
            " (SELECT min(kept_until) FROM blocks WHERE hour = %s),"
            " (SELECT min(kept_until)::date FROM heads WHERE hour = %s), '9999-12-31'))"
            " ON CONFLICT (hour) DO UPDATE SET hour = EXCLUDED.hour RETURNING complete_until",
            (self._hour, self._hour, self._hour),
        ).fetchone()
        assert row is not None
        return bool(row[0] > to_datetime(now).date())

    def read_rollups(self, metric: int, seconds: int) -> Rollups:
        """A metric type's rollups of the hour at a resolution."""
        return read_rollups(self._connection, metric, seconds, self._hour, self._hour + timedelta(hours=1))

    def write_rollups(self, metric: int, seconds: int, rollups: Rollups, now: int) -> None:
        """Replace a metric type's rollups of the hour at a resolution."""
        write_rollups(self._connection, metric, seconds, self._hour, rollups, self._kept(seconds, now))

    def _kept(self, seconds: int, now: int) -> date:
        """The day from which rollups may go: counted from their hour or their arrival, whichever is later."""
        days = self._retention[seconds]
        return (max(self._hour, to_datetime(now)) + timedelta(days=days + 1)).date()

    def write_counts(self) -> None:
        """Write down how much of the hour is in full and in small blocks now."""
        self._connection.execute(
            "INSERT INTO hours AS known (hour, full_samples, small_samples, kept_until) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (hour) DO UPDATE SET full_samples = known.full_samples + EXCLUDED.full_samples,"
            " small_samples = known.small_samples + EXCLUDED.small_samples,"
            " kept_until = greatest(known.kept_until, EXCLUDED.kept_until)",
            (self._hour, self._added[True], self._added[False], self._kept_until),
        )
        self._added = {True: 0, False: 0}

    def _read_heads(self) -> list[dict[int, bytes]]:
        """All heads in one go, sliced by metric type."""
        rows = self._connection.execute(
            f"SELECT metrics, {PLACES}, payload FROM heads WHERE sequence = ANY (%s) ORDER BY sequence",  # noqa: S608 -- of constants
            (self._sequences,),
            binary=True,
        )
        return [cut_slices(*row) for row in rows]


def _state(hour: datetime, heads: int, oldest: datetime | None, full: int, small: int) -> HourState:
    return HourState(
        round(hour.timestamp() * 1000), heads, None if oldest is None else round(oldest.timestamp() * 1000), full, small
    )
