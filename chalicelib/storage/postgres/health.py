"""What the database knows of the service's own health, and the history of checks."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.domain.health import ActiveAlerts, Check, HealthReport, Status, StoreFacts, SystemStatus, TargetFacts
from chalicelib.domain.hosts import DEFAULT_INTERVAL, DOWN_AT_LEAST_MS
from chalicelib.domain.instants import from_moment, to_datetime
from chalicelib.domain.series_limits import Refusal, RefusedSamples
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.rules import TELLING

GONE_AFTER = timedelta(days=1)
# A target that was just made or changed is planned within a minute; a pull may take most of another.
PULLED_WITHIN = timedelta(minutes=3)
# Down as the inventory of hosts has it; one that has been silent for a day is taken to be gone. What a
# receiver refused for good is news for a day; what exhausted its tries, until somebody has decided about it.
_FACTS = f"""
WITH known AS (
  SELECT name, extract(epoch FROM %(now)s - last_seen) * 1000
    > greatest(10000 * coalesce((agent ->> 'interval')::float8, %(interval)s), %(down)s) AS is_down
  FROM hosts WHERE last_seen > %(gone)s AND (forgotten_at IS NULL OR last_seen > forgotten_at)
)
SELECT
  (SELECT count(*) FROM alerts WHERE state = 'firing'),
  (SELECT count(*) FROM alerts WHERE state = 'firing' AND severity = 'critical'),
  (SELECT count(*) FROM alerts WHERE state = 'firing' AND severity = 'high'),
  (SELECT count(*) FROM rules WHERE enabled),
  ({TELLING}),
  (SELECT count(*) FROM known WHERE NOT is_down),
  (SELECT coalesce(array_agg(name ORDER BY name), '{{}}') FROM known WHERE is_down),
  (SELECT nullif(last, '-infinity') FROM tick),
  (SELECT min(arrived_at) FROM heads),
  (SELECT count(*) FROM notifications WHERE state IN ('dead', 'failed') AND (state = 'dead' OR at > %(gone)s)),
  (SELECT array[m.name, r.reason, sum(r.samples)::text] FROM refused_samples r
     JOIN metric_types m ON m.number = r.metric WHERE r.hour > %(now)s - interval '1 hour'
     GROUP BY m.name, r.reason ORDER BY sum(r.samples) DESC, 1 LIMIT 1),
  entry_id, lost_frames, last_loss_at,
  (SELECT count(*) FROM targets WHERE enabled),
  (SELECT coalesce(array_agg(name ORDER BY name), '{{}}') FROM targets WHERE enabled
     AND greatest(last_at, updated_at) < %(now)s - %(patience)s - (document ->> 'interval')::int * interval '1 s'),
  (SELECT coalesce(array_agg(name ORDER BY name), '{{}}') FROM targets WHERE enabled AND last_state = 'down')
FROM drain
"""  # noqa: S608 -- constants both


class PostgresHealth:
    """The database, asked for its own state."""

    def __init__(self, database: Database, *, tells_by_default: bool) -> None:
        """`tells_by_default`: alerts of rules that name nobody have recipients."""
        self._database = database
        self._tells_by_default = tells_by_default

    def facts(self, now: int) -> StoreFacts:
        """All in one round trip. Raises Unavailable."""
        at = to_datetime(now)
        with self._database.transaction() as connection:
            row = connection.execute(
                _FACTS,
                {
                    "now": at,
                    "gone": at - GONE_AFTER,
                    "interval": DEFAULT_INTERVAL,
                    "down": DOWN_AT_LEAST_MS,
                    "patience": PULLED_WITHIN,
                    "tells_by_default": self._tells_by_default,
                },
            ).fetchone()
        assert row is not None
        total, critical, high, enabled, telling, reporting, silent, tick, head, dead, *further = row
        refused, entry, lost, loss, targets, overdue, not_up = further
        return StoreFacts(
            alerts=ActiveAlerts(total, critical, high),
            enabled_rules=enabled,
            telling_rules=telling,
            reporting_hosts=reporting,
            silent_hosts=tuple(silent),
            last_tick=_instant(tick),
            oldest_head=_instant(head),
            dead_letters=dead,
            refused=None if refused is None else RefusedSamples(refused[0], Refusal(refused[1]), int(refused[2])),
            drained_entry=entry,
            lost_frames=lost,
            last_loss=_instant(loss),
            targets=TargetFacts(targets, tuple(overdue), tuple(not_up)),
        )


class PostgresHealthHistory:
    """What checks found, one row a minute."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, report: HealthReport, keep_since: int) -> None:
        """Keep a report under its minute, once, and forget those before `keep_since`. Raises Unavailable."""
        from psycopg.types.json import Jsonb

        checks = [[check.name, str(check.status), check.value] for check in report.checks]
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO health_history (minute, status, checks) VALUES (date_trunc('minute', %s::timestamptz),"
                " %s, %s) ON CONFLICT (minute) DO NOTHING",
                (to_datetime(report.at), str(report.status), Jsonb(checks)),
            )
            connection.execute("DELETE FROM health_history WHERE minute < %s", (to_datetime(keep_since),))

    def between(self, start: int, end: int, limit: int) -> list[HealthReport]:
        """What was kept of [start, end), oldest first; messages are not kept. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT minute, status, checks FROM health_history WHERE minute >= %s AND minute < %s"
                " ORDER BY minute LIMIT %s",
                (to_datetime(start), to_datetime(end), limit),
            ).fetchall()
        return [
            HealthReport(
                from_moment(minute),
                SystemStatus(status),
                tuple(Check(name, Status(found), "", value) for name, found, value in checks),
            )
            for minute, status, checks in rows
        ]


def _instant(moment: datetime | None) -> int | None:
    return None if moment is None else from_moment(moment)
