"""The evaluation's row: what it remembers from one instant to the next."""

from __future__ import annotations

from typing import LiteralString

from chalicelib.domain.evaluations import EvaluationState
from chalicelib.domain.instants import from_moment, to_datetime
from chalicelib.storage.postgres.connection import Database

_STATE = "SELECT nullif(last, '-infinity'), nullif(healthy_since, '-infinity'), rules_version FROM evaluation"


class PostgresEvaluation:
    """Hands the row out to one run at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self) -> EvaluationState:
        """The state, locked until the transaction ends. Raises Unavailable."""
        return self._read(_STATE + " FOR UPDATE")

    def state(self) -> EvaluationState:
        """The state, without a lock. Raises Unavailable."""
        return self._read(_STATE)

    def _read(self, statement: LiteralString) -> EvaluationState:
        with self._database.transaction() as connection:
            row = connection.execute(statement).fetchone()
        assert row is not None
        last, healthy_since, version = row
        return EvaluationState(
            None if last is None else from_moment(last),
            None if healthy_since is None else from_moment(healthy_since),
            version,
        )

    def finish(self, instant: int, healthy_since: int, took_ms: float) -> None:
        """Remember that an instant was judged. Raises Unavailable."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE evaluation SET last = %s, healthy_since = %s, took_ms = %s",
                (to_datetime(instant), to_datetime(healthy_since), took_ms),
            )
