"""The one statement that reads what a query needs: how far the drain is, which series there are, blocks and heads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from chalicelib.domain.instants import to_datetime
from chalicelib.storage.postgres.heads import SLICE
from chalicelib.tsdb.progress import DrainState
from chalicelib.tsdb.stored import CatalogueMark, Stored

# Rollups of before there were classes of retention say nothing themselves: their hour does.
IS_SEALED = (
    "EXISTS (SELECT FROM rollups r WHERE metric = (SELECT number FROM metric_types WHERE name = %(name)s)"
    " AND seconds IN (300, 3600) AND hour > %(sealed_from)s::timestamptz - interval '1 hour' AND hour < %(end)s"
    " AND coalesce(complete_until, (SELECT h.complete_until FROM rolled_hours h WHERE h.hour = r.hour), '-infinity')"
    " <= %(today)s)"
)
# Rows of one form, told apart by their first column, and no arrays of payloads: those PostgreSQL would copy twice.
READ = (
    "WITH m AS MATERIALIZED (SELECT number FROM metric_types WHERE name = %(name)s),"  # noqa: S608 -- of constants
    f" s AS MATERIALIZED (SELECT %(sealed_from)s::timestamptz IS NOT NULL AND {IS_SEALED} AS is_sealed)"
    " SELECT 0, 0::bigint, NULL::bytea, entry_id, writer, number, catalogue_epoch, frames,"
    " ARRAY(SELECT id FROM writers ORDER BY id), ARRAY(SELECT frames FROM writers ORDER BY id),"
    " (SELECT count(*) FROM series_catalogue WHERE metric = (SELECT number FROM m)),"
    " extract(epoch FROM pg_postmaster_start_time())::float8,"
    " (SELECT is_sealed FROM s) FROM drain"
    " UNION ALL SELECT 1, sequence, payload, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM blocks"
    " WHERE NOT (SELECT is_sealed FROM s) AND metric = (SELECT number FROM m)"
    " AND hour > %(start)s::timestamptz - interval '1 hour' AND hour < %(end)s"
    " AND last_series >= %(first)s AND first_series <= %(last)s AND hour <> ALL (%(but)s::timestamptz[])"
    f" UNION ALL SELECT 2, sequence, {SLICE}, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL"
    " FROM (SELECT sequence, payload, starts, places, array_position(metrics, m.number) AS place FROM heads, m"
    "       WHERE hour > %(start)s::timestamptz - interval '1 hour' AND hour < %(end)s) AS found"
    " WHERE place IS NOT NULL"
)


def asked(
    metric_type: str,
    start: int,
    end: int,
    series: tuple[int, int],
    *,
    today: date,
    but: Sequence[int] = (),
    sealed_from: int | None = None,
) -> dict[str, object]:
    """The parameters of READ; see services/ports/reading.py."""
    return {
        "name": metric_type,
        "start": to_datetime(start),
        "end": to_datetime(end),
        "first": series[0],
        "last": series[1],
        "but": f"{{{','.join(to_datetime(hour).isoformat() for hour in but)}}}",
        "sealed_from": None if sealed_from is None else to_datetime(sealed_from),
        "today": today,
    }


def answered(rows: list[tuple[Any, ...]]) -> Stored:
    """What the rows of READ say."""
    rows.sort(key=lambda row: row[:2])
    _, _, _, *state, writers, frames, series, server, is_sealed = rows[0]
    return Stored(
        state=DrainState(*state),
        marks=dict(zip(writers, frames, strict=True)),
        catalogue=CatalogueMark(state[3], series, server),
        is_sealed=is_sealed,
        blocks=[row[2] for row in rows if row[0] == 1],
        slices=[row[2] for row in rows if row[0] == 2],
    )
