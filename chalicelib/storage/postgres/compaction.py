"""The compaction's tables: heads become blocks, small blocks become full ones; one hour a transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.domain.instants import to_datetime
from chalicelib.domain.retention import Retention, Retentions
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.heads import PLACES, SLICE
from chalicelib.storage.postgres.partitions import ensure_partitions
from chalicelib.storage.postgres.rollups import read_rollups, write_rollups
from chalicelib.tsdb.head import cut_slices
from chalicelib.tsdb.hours import HourState
from chalicelib.tsdb.rollups import FIVE_MINUTES, Rollups

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

    def __init__(self, database: Database, retentions: Retentions) -> None:
        self._database = database
        self._retentions = retentions

    def hours(self) -> list[HourState]:
        """Every hour that holds heads, or blocks that are not full, the oldest first. Raises Unavailable."""
        with self._database.transaction() as connection:
            ensure_partitions(connection, self._retentions)
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
            step = PostgresCompactionStep(connection, to_datetime(hour), self._retentions)
            yield step
            step.write_counts()


class PostgresCompactionStep:
    """One hour's compaction, within its transaction."""

    def __init__(self, connection: Connection, hour: datetime, retentions: Retentions) -> None:
        self._connection = connection
        self._retentions = retentions
        self._hour = hour
        rows = connection.execute(
            "SELECT sequence, metrics, kept_until, octet_length(payload) FROM heads WHERE hour = %s ORDER BY sequence",
            (hour,),
        ).fetchall()
        self._sequences = [row[0] for row in rows]
        self._metrics = sorted({metric for row in rows for metric in row[1]})
        self._heads_until: datetime | None = max((row[2] for row in rows), default=None)  # as for all metric types
        self._newest = self._sequences[-1] if rows else 0
        self._heads = self._read_heads() if sum(row[3] for row in rows) <= READ_AT_ONCE else None
        self._taken_until: dict[int, date] = {}
        self._names = self._read_names()
        self._complete_until = self._read_complete_until()

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
            "DELETE FROM blocks WHERE metric = %s AND hour = %s RETURNING sequence, first_series, payload, kept_until",
            (metric, self._hour),
            binary=True,
        ).fetchall()
        rows.sort(key=lambda row: row[:2])
        self._newest = max(row[0] for row in rows)
        self._taken_until[metric] = max(row[3] for row in rows)
        return [row[2] for row in rows]

    def sampled_series(self, metric: int) -> list[int]:
        """The ids of a metric type's sampled series."""
        rows = self._connection.execute("SELECT id FROM series_catalogue WHERE metric = %s AND kind = 0", (metric,))
        return [series_id for (series_id,) in rows]

    def add_block(self, metric: int, payload: bytes, *, series: tuple[int, int], samples: int, is_full: bool) -> None:
        """Write a block of what was read last; `series` are its lowest and highest series id."""
        kept_until = self._taken_until.get(metric) or self._day_of_heads(metric)
        self._connection.execute(
            "INSERT INTO blocks"
            " (kept_until, hour, metric, sequence, is_full, first_series, last_series, samples, payload)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %b)",
            (kept_until, self._hour, metric, self._newest, is_full, *series, samples, payload),
        )

    def read_blocks(self, metric: int) -> list[bytes]:
        """A metric type's blocks in the order of arrival, left where they are."""
        rows = self._connection.execute(
            "SELECT payload FROM blocks WHERE metric = %s AND hour = %s ORDER BY sequence, first_series",
            (metric, self._hour),
            binary=True,
        )
        return [payload for (payload,) in rows]

    def is_complete(self, metric: int, now: int) -> bool:
        """Whether all samples that a metric type ever had in the hour are still there."""
        return self._complete_until[metric] > to_datetime(now).date()

    def read_rollups(self, metric: int, seconds: int) -> Rollups:
        """A metric type's rollups of the hour at a resolution."""
        return read_rollups(self._connection, metric, seconds, self._hour, self._hour + timedelta(hours=1))

    def write_rollups(self, metric: int, seconds: int, rollups: Rollups, now: int) -> None:
        """Replace a metric type's rollups of the hour at a resolution."""
        kept = self._retention(metric)
        days = kept.five_minute_days if seconds == FIVE_MINUTES else kept.hour_days
        # Counted from their hour or their arrival, whichever is later.
        kept_until = (max(self._hour, to_datetime(now)) + timedelta(days=days + 1)).date()
        until = self._complete_until[metric]
        write_rollups(self._connection, metric, seconds, self._hour, rollups, kept_until, complete_until=until)

    def write_counts(self) -> None:
        """Write down how much of the hour is in full and in small blocks now."""
        self._connection.execute(
            "INSERT INTO hours AS known (hour, full_samples, small_samples, kept_until)"
            " SELECT %(hour)s, coalesce(sum(samples) FILTER (WHERE is_full), 0),"
            " coalesce(sum(samples) FILTER (WHERE NOT is_full), 0), coalesce(max(kept_until), '-infinity')"
            " FROM blocks WHERE hour = %(hour)s"
            " ON CONFLICT (hour) DO UPDATE SET full_samples = EXCLUDED.full_samples,"
            " small_samples = EXCLUDED.small_samples, kept_until = greatest(known.kept_until, EXCLUDED.kept_until)",
            {"hour": self._hour},
        )

    def _retention(self, metric: int) -> Retention:
        return self._retentions.of(self._names[metric]) if self._names else self._retentions.default

    def _day_of_heads(self, metric: int) -> date:
        """The partition of what comes from heads: the first midnight that is not before the end of what is kept."""
        assert self._heads_until is not None
        longer = self._retention(metric).raw_hours - self._retentions.default.raw_hours
        end = self._heads_until + timedelta(hours=longer, days=1, microseconds=-1)
        return end.astimezone(UTC).date()

    def _read_names(self) -> dict[int, str]:
        """The metric types by number; none when all are kept alike."""
        if not self._retentions.classes:
            return {}
        return dict(self._connection.execute("SELECT number, name FROM metric_types").fetchall())

    def _read_complete_until(self) -> dict[int, date]:
        """Until when all samples that a metric type ever had in the hour are there: until the first of them may go."""
        rows = self._connection.execute(
            "WITH present AS (SELECT metric, min(kept_until) AS until FROM blocks WHERE hour = %(hour)s GROUP BY metric"
            "                 UNION ALL SELECT metric, NULL FROM unnest(%(metrics)s::int[]) AS metric)"
            " SELECT metric, least(min(until), (SELECT min(complete_until) FROM rollups r WHERE r.metric = p.metric"
            "  AND r.seconds IN (300, 3600) AND r.hour = %(hour)s),"
            "  (SELECT complete_until FROM rolled_hours WHERE hour = %(hour)s)) FROM present p GROUP BY metric",
            {"hour": self._hour, "metrics": self._metrics},
        ).fetchall()
        arriving = set(self._metrics)
        return {
            metric: min(until or date.max, self._day_of_heads(metric) if metric in arriving else date.max)
            for metric, until in rows
        }

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
