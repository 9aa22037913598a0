"""The hourly sketches of users in PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.domain.instants import to_datetime
from chalicelib.storage.postgres.connection import Database


class PostgresDistinctUsers:
    """Keeps one sketch an hour."""

    def __init__(self, database: Database, *, days: int) -> None:
        self._database = database
        self._days = days

    def get(self, start: int, end: int) -> list[bytes]:
        """The sketches of the hours that begin in [start, end), epoch ms, in order. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT sketch FROM distinct_users WHERE hour >= %s AND hour < %s ORDER BY hour",
                (to_datetime(start), to_datetime(end)),
            ).fetchall()
        return [sketch for (sketch,) in rows]

    def put(self, hour: int, sketch: bytes) -> None:
        """Keep an hour's sketch in the place of the one before. Raises Unavailable."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO distinct_users (hour, sketch) VALUES (%s, %b) ON CONFLICT (hour) DO UPDATE"
                " SET sketch = EXCLUDED.sketch",
                (to_datetime(hour), sketch),
            )

    def forget(self, now: int) -> None:
        """Let go of what has been kept for long enough. Raises Unavailable."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM distinct_users WHERE hour < %s", (to_datetime(now) - timedelta(days=self._days),)
            )
