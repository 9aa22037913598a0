"""How far the feed of events has been handed to the event bus: one row, held by whoever hands over."""

from __future__ import annotations

from chalicelib.storage.postgres.connection import Database

_LOCK = 5_311_870_223  # any number, as long as everybody takes the same one


class PostgresHandedOver:
    """The mark in the feed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hold(self) -> bool:
        """Keep everybody else out until the transaction ends; False when somebody else does. Raises Unavailable."""
        with self._database.transaction() as connection:
            row = connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (_LOCK,)).fetchone()
        assert row is not None
        return bool(row[0])

    def last(self) -> int | None:
        """The number of the last event handed over; None: nothing ever was. Raises Unavailable."""
        with self._database.transaction() as connection:
            row = connection.execute("SELECT handed_over FROM event_bus").fetchone()
        return None if row is None else int(row[0])

    def put(self, number: int) -> None:
        """Remember how far it is. Raises Unavailable."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO event_bus (handed_over) VALUES (%s)"
                " ON CONFLICT (one) DO UPDATE SET handed_over = excluded.handed_over",
                (number,),
            )
