"""Targets in PostgreSQL, each in the form in which the API writes it; secrets apart, and sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain.fields import Fields
from chalicelib.domain.instants import from_moment, to_datetime
from chalicelib.domain.target_form import read_target, write_target
from chalicelib.domain.targets import Scrape, ScrapeState, Target, TargetRecord
from chalicelib.storage.postgres.connection import Database

_SELECT = (
    "SELECT id, document, sealed, version, created_at, updated_at, last_at, last_state, last_error, last_samples,"
    " last_rejected, last_seconds, last_up_at FROM targets"
)


class PostgresTargets:
    """The truth about targets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, target_id: str, *, lock: bool = False) -> TargetRecord | None:
        """One target; with `lock`, nobody else changes it until the transaction ends. Raises Unavailable."""
        with self._database.transaction() as connection:
            row = connection.execute(f"{_SELECT} WHERE id = %s{' FOR UPDATE' if lock else ''}", (target_id,)).fetchone()
        return None if row is None else _record(*row)

    def page(self, after: str, limit: int) -> list[TargetRecord]:
        """Targets in the order of their ids, from behind the id `after`. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(f"{_SELECT} WHERE id > %s ORDER BY id LIMIT %s", (after, limit)).fetchall()
        return [_record(*row) for row in rows]

    def count(self) -> int:
        """How many there are. Raises Unavailable."""
        with self._database.transaction() as connection:
            row = connection.execute("SELECT count(*) FROM targets").fetchone()
        assert row is not None
        return int(row[0])

    def add(self, record: TargetRecord) -> bool:
        """Keep a new target; False when its name is taken. Raises Unavailable."""
        with self._database.transaction() as connection:
            return bool(
                connection.execute(
                    "INSERT INTO targets (name, document, sealed, enabled, version, updated_at, id, created_at)"
                    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (name) DO NOTHING",
                    (*_columns(record), record.target.id, to_datetime(record.created_at)),
                ).rowcount
            )

    def replace(self, record: TargetRecord) -> bool:
        """Keep a changed target; False when its name is taken. Raises Unavailable."""
        with self._database.transaction() as connection:
            return bool(
                connection.execute(
                    "UPDATE targets SET name = %s, document = %s, sealed = %s, enabled = %s, version = %s,"
                    " updated_at = %s WHERE id = %s"
                    " AND NOT EXISTS (SELECT 1 FROM targets WHERE name = %s AND id <> %s)",
                    (*_columns(record), record.target.id, record.target.name, record.target.id),
                ).rowcount
            )

    def remove(self, target_id: str) -> None:
        """Forget a target; its samples stay. Raises Unavailable."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM targets WHERE id = %s", (target_id,))

    def note(self, scrapes: Sequence[Scrape]) -> None:
        """Write down what became of scrapes; an older one never replaces a newer. Raises Unavailable."""
        with self._database.transaction() as connection, connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE targets SET last_at = %(at)s, last_state = %(state)s, last_error = %(error)s,"
                " last_samples = %(samples)s, last_rejected = %(rejected)s, last_seconds = %(seconds)s,"
                " last_up_at = CASE WHEN %(state)s = 'up' THEN %(at)s ELSE last_up_at END,"
                " collected_until = greatest(collected_until, %(until)s)"
                " WHERE id = %(id)s AND (last_at IS NULL OR last_at < %(at)s)",
                [_outcome(scrape) for scrape in sorted(scrapes, key=lambda each: each.target_id)],
            )


def load_target(target_id: str, document: dict[str, Any], sealed: dict[str, str]) -> Target:
    """The target that was kept."""
    return replace(read_target(Fields(document), target_id), sealed=sealed)


def _columns(record: TargetRecord) -> tuple[Any, ...]:
    from psycopg.types.json import Jsonb

    target = record.target
    return (
        target.name,
        Jsonb(write_target(target)),
        Jsonb(dict(target.sealed)),
        target.enabled,
        record.version,
        to_datetime(record.updated_at),
    )


def _outcome(scrape: Scrape) -> dict[str, Any]:
    return {
        "id": scrape.target_id,
        "at": to_datetime(scrape.at),
        "state": str(scrape.state),
        "error": scrape.error,
        "samples": scrape.samples,
        "rejected": scrape.rejected,
        "seconds": scrape.seconds,
        "until": None if scrape.collected_until is None else to_datetime(scrape.collected_until),
    }


def _record(
    target_id: str,
    document: dict[str, Any],
    sealed: dict[str, str],
    version: int,
    created_at: datetime,
    updated_at: datetime,
    last_at: datetime | None,
    last_state: str | None,
    last_error: str | None,
    last_samples: int,
    last_rejected: int,
    last_seconds: float,
    last_up_at: datetime | None,
) -> TargetRecord:
    last = None
    if last_at is not None and last_state is not None:
        last = Scrape(
            target_id=target_id,
            at=from_moment(last_at),
            state=ScrapeState(last_state),
            error=last_error,
            samples=last_samples,
            rejected=last_rejected,
            seconds=last_seconds,
        )
    return TargetRecord(
        load_target(target_id, document, sealed),
        version,
        from_moment(created_at),
        from_moment(updated_at),
        last,
        None if last_up_at is None else from_moment(last_up_at),
    )
