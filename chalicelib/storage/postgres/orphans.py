"""Series that nothing stored speaks of any more leave the catalogue, once a day."""

from __future__ import annotations

import logging
from datetime import timedelta
from itertools import chain

from chalicelib.domain.instants import to_datetime
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.heads import PLACES
from chalicelib.tsdb.head import cut_slices
from chalicelib.tsdb.leaving_out import series_in

AT_MINUTE = 197  # of the day, UTC: 03:17
TRIES = 5  # minutes: a compaction may be running
YOUNG = timedelta(days=2)  # its first samples may not be compacted yet
_log = logging.getLogger(__name__)


class PostgresOrphans:
    """Forgets series whose samples and rollups have all expired."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, now: int) -> None:
        """Forget them if it is the time of the day for it; `now` in epoch ms. Raises Unavailable.

        Every hour that was compacted has rollups, which are kept longest: who is in none of their lists and in no head
        has nothing stored. While samples are kept longer than rollups nothing is forgotten.
        """
        if not AT_MINUTE <= now // 60_000 % 1440 < AT_MINUTE + TRIES:
            return
        with self._database.transaction() as connection:
            held = [
                connection.execute("SELECT FROM compaction FOR UPDATE SKIP LOCKED").fetchone(),
                connection.execute("SELECT FROM drain FOR UPDATE SKIP LOCKED").fetchone(),
                connection.execute(
                    "SELECT WHERE NOT EXISTS (SELECT FROM hours h WHERE h.full_samples + h.small_samples > 0"
                    " AND NOT EXISTS (SELECT FROM rollups r WHERE r.hour = h.hour))"
                ).fetchone(),
            ]
            if None in held:
                return
            heads = connection.execute(f"SELECT metrics, {PLACES}, payload FROM heads").fetchall()  # noqa: S608 -- of constants
            gone = connection.execute(
                "DELETE FROM series_catalogue WHERE first_seen < %s AND id <> ALL (%s)"
                " AND id NOT IN (SELECT unnest(series) FROM series_lists) RETURNING metric",
                (
                    to_datetime(now) - YOUNG,
                    series_in(chain.from_iterable(cut_slices(*head).values() for head in heads)),
                ),
            ).fetchall()
            if not gone:
                return
            types = connection.execute(
                "DELETE FROM metric_types m WHERE number = ANY (%s)"
                " AND NOT EXISTS (SELECT FROM series_catalogue s WHERE s.metric = m.number)",
                (list({metric for (metric,) in gone}),),
            ).rowcount
            connection.execute("UPDATE drain SET catalogue_epoch = catalogue_epoch + 1")
        _log.info("forgot series of which nothing is stored", extra={"series": len(gone), "metric_types": types})
