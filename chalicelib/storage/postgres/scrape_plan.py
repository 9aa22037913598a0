"""The collector's plan in PostgreSQL: which targets' time is planned until when, and the puller's token in its box."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.domain.collector_tokens import KeptCredential
from chalicelib.domain.instants import from_moment, to_datetime
from chalicelib.domain.pulls import Planned
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.targets import load_target


class PostgresScrapePlan:
    """What has been planned."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, until: int, *, only_new: bool = False) -> list[Planned]:
        """The enabled targets whose time up to `until` (epoch ms) is not planned yet; or those that never were.

        Whoever asks holds the plan until his transaction ends; others wait for him, and then find it done. Raises
        Unavailable.
        """
        with self._database.transaction() as connection:
            connection.execute("SELECT 1 FROM collector FOR UPDATE")
            rows = connection.execute(
                "SELECT id, document, sealed, greatest(planned_until, '1970-01-01Z'), collected_until FROM targets"
                " WHERE enabled AND planned_until < %s AND (planned_until = '-infinity' OR NOT %s) ORDER BY id",
                (to_datetime(until), only_new),
            ).fetchall()
        return [
            Planned(
                load_target(target_id, document, sealed),
                from_moment(planned_until),
                None if collected_until is None else from_moment(collected_until),
            )
            for target_id, document, sealed, planned_until, collected_until in rows
        ]

    def planned(self, target_ids: Sequence[str], until: int) -> None:
        """Their time up to `until` (epoch ms) is planned. Raises Unavailable."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE targets SET planned_until = %s WHERE id = ANY (%s)", (to_datetime(until), list(target_ids))
            )


class PostgresCollectorCredential:
    """The puller's token in its box."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self) -> KeptCredential | None:
        """The one that is kept. Raises Unavailable."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT token_id, token_box, token_made_at, token_sealed_for, former_token_id FROM collector"
                " WHERE token_id IS NOT NULL"
            ).fetchone()
        if row is None:
            return None
        token_id, box, made_at, sealed_for, former = row
        return KeptCredential(token_id, box, from_moment(made_at), sealed_for, former)

    def replace(self, credential: KeptCredential) -> None:
        """Keep another one. Raises Unavailable."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE collector SET token_id = %s, token_box = %s, token_made_at = %s, token_sealed_for = %s,"
                " former_token_id = %s",
                (
                    credential.token_id,
                    credential.box,
                    to_datetime(credential.made_at),
                    credential.sealed_for,
                    credential.former_token_id,
                ),
            )
