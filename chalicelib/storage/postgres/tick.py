"""The last instant of the grid, what the drain counted, and what has been kept for long enough."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.instants import from_datetime, to_datetime
from chalicelib.domain.tokens import WITHIN
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.partitions import drop_partitions
from chalicelib.storage.postgres.rollups import forget_rollups

_log = logging.getLogger(__name__)
FORGET_WRITERS_AFTER = timedelta(hours=48)
FORGET_TOKENS_AFTER = timedelta(days=30)  # until then the list says that they have expired; sessions go at once


class PostgresTick:
    """The tick's row and the drain's report."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def advance(self, instant: int, *, latest: int) -> bool:
        """Make `instant` the last one; False when it is not after the one before. Raises Unavailable.

        One before that lies after `latest` is of a clock that went wrong, and does not count. Both are epoch ms.
        """
        at = to_datetime(instant)
        with self._database.transaction() as connection:
            return (
                connection.execute(
                    "UPDATE tick SET last = %s WHERE last < %s OR last > %s", (at, at, to_datetime(latest))
                ).rowcount
                == 1
            )

    def report(self) -> dict[str, Any]:
        """Counts and instants under the names that health shows. Raises Unavailable."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT d.frames, d.samples, d.lost_frames, d.last_loss_at, d.corrupt_frames, d.collisions,"
                " d.expired_samples, (SELECT coalesce(sum(samples), 0) FROM waiting_samples), d.drained_at,"
                " nullif(t.last, '-infinity') FROM drain d, tick t"
            ).fetchone()
        assert row is not None
        names = (
            *("drainedFrames", "drainedSamples", "lostFrames", "lastLossAt", "corruptFrames", "collidingSeries"),
            *("expiredSamples", "waitingSamples", "lastDrainAt", "lastTickAt"),
        )
        shown = [from_datetime(each) if isinstance(each, datetime) else each for each in row]
        return dict(zip(names, shown, strict=True))


class PostgresHousekeeping:
    """Lets go of what has been kept for long enough."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, now: int) -> None:
        """Delete what has expired at `now` (epoch ms). Raises Unavailable."""
        at = to_datetime(now)
        with self._database.transaction() as connection:
            partitions = drop_partitions(connection, at.date())
            rollups = forget_rollups(connection, at.date())
            connection.execute("DELETE FROM refused_samples WHERE hour < %s - interval '2 days'", (at,))
            connection.execute("DELETE FROM hours WHERE kept_until <= %s", (at.date(),))
            connection.execute(
                "DELETE FROM tokens WHERE expires_at < %s OR (expires_at < %s AND strpos(id, %s) > 0)",
                (at - FORGET_TOKENS_AFTER, at, WITHIN),
            )
            # Counted from the drain's progress, not from now: as long as nothing is drained, no mark may go.
            connection.execute(
                "DELETE FROM writers WHERE seen_at < (SELECT drained_at FROM drain) - %s::interval",
                (FORGET_WRITERS_AFTER,),
            )
        if partitions or rollups:
            _log.info("what was kept for long enough is gone", extra={"partitions": partitions, "rollups": rollups})
