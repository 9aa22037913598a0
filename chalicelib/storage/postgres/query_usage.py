"""The day on which each metric type was last asked for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from chalicelib.storage.postgres.connection import Database


class PostgresQueryUsage:
    """Writes it beside the metric type."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def queried(self, metric_types: Collection[str], day: date) -> bool:
        """Note the day for those that there are; whether there is any. Raises Unavailable."""
        with self._database.transaction() as connection:
            found = connection.execute(
                "UPDATE metric_types SET queried_on = greatest(queried_on, %s) WHERE name = ANY (%s)",
                (day, list(metric_types)),
            )
            return found.rowcount > 0
