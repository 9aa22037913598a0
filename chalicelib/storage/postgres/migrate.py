"""Brings the schema up to date: numbered SQL files, each applied once, in one transaction, under one lock."""

from __future__ import annotations

import re
from pathlib import Path

from chalicelib.storage.postgres.connection import Database

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 4_207_111_947  # any number, as long as everybody takes the same one


def migrate(database: Database, directory: Path = MIGRATIONS) -> list[str]:
    """Apply what has not been applied yet; the names of the files applied. Safe when two run at once.

    An older schema never meets newer code: migrations only expand, so a file that the code does not know is no error.
    """
    with database.transaction() as connection:
        connection.execute("SET LOCAL lock_timeout = '60s'")
        connection.execute("SET LOCAL statement_timeout = 0")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations"
            " (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        done = {name for (name,) in connection.execute("SELECT name FROM migrations")}
        applied = []
        for path in sorted(directory.glob("*.sql")):
            if not re.fullmatch(r"\d{4}_[a-z0-9_]+", path.stem):
                raise ValueError(f"{path.name}: a migration is called NNNN_name.sql")
            if path.stem not in done:
                # The file is ours and is the statement itself: there is nothing to parameterise.
                connection.execute(path.read_bytes())
                connection.execute("INSERT INTO migrations (name) VALUES (%s)", (path.stem,))
                applied.append(path.stem)
        return applied
