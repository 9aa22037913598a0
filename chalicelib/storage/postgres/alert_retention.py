"""Lets go of alerts, events, silences and the audit trail once they have been kept for long enough."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.domain.instants import to_datetime
from chalicelib.storage.postgres.connection import Database

AT_ONCE = 5_000  # a bounded step: the rest goes a minute later


class PostgresAlertRetention:
    """Deletes what is over, the oldest first."""

    def __init__(self, database: Database, *, alert_days: int, audit_days: int) -> None:
        self._database = database
        self._alert_days = alert_days
        self._audit_days = audit_days

    def run(self, now: int) -> None:
        """Delete what was over before the retention at `now` (epoch ms). Raises Unavailable."""
        alerts_until = to_datetime(now) - timedelta(days=self._alert_days)
        audit_until = to_datetime(now) - timedelta(days=self._audit_days)
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM alerts WHERE id IN (SELECT id FROM alerts WHERE state = 'resolved' AND resolved_at < %s"
                " ORDER BY resolved_at LIMIT %s)",
                (alerts_until, AT_ONCE),
            )
            connection.execute(
                "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < %s ORDER BY at LIMIT %s)",
                (alerts_until, AT_ONCE),
            )
            connection.execute("DELETE FROM silences WHERE ends_at < %s", (alerts_until,))
            connection.execute(
                "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < %s ORDER BY at LIMIT %s)",
                (audit_until, AT_ONCE),
            )
