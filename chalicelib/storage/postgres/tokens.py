"""Tokens in PostgreSQL, where they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain.instants import to_datetime
from chalicelib.domain.scopes import Scope
from chalicelib.domain.tokens import WITHIN, Grant, Token, is_session
from chalicelib.storage.postgres.connection import Database


class PostgresTokens:
    """The truth about tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, digest: str) -> Grant | None:
        """The grant of the token with this digest. Raises Unavailable."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT id, scopes, expires_at FROM tokens WHERE digest = %s", (digest,)
            ).fetchone()
        return None if row is None else _grant(*row)

    def grants(self) -> dict[str, Grant]:
        """All grants by digest. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute("SELECT digest, id, scopes, expires_at FROM tokens").fetchall()
        return {digest: _grant(*rest) for digest, *rest in rows}

    def add(self, token: Token, digest: str) -> None:
        """Keep a new token."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO tokens (id, name, digest, scopes, created_at, expires_at) VALUES (%s, %s, %s, %s, %s, %s)",
                (
                    token.id,
                    token.name,
                    digest,
                    sorted(scope.value for scope in token.scopes),
                    token.created_at,
                    token.expires_at,
                ),
            )

    def page(self, after: str | None, limit: int) -> list[Token]:
        """Up to `limit` tokens in the order of their ids, from behind the id `after`."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT id, name, scopes, created_at, expires_at, last_used_at FROM tokens"
                " WHERE id > %s ORDER BY id LIMIT %s",
                (after or "", limit),
            ).fetchall()
        return [_token(row) for row in rows]

    def remove(self, token_id: str, now: datetime) -> list[str] | None:
        """Delete a token and the sessions it began, unless it is the last valid admin token; their digests.

        None when there is no such token, nothing when it is the last one that can administer anything.
        """
        with self._database.transaction() as connection:
            # Two deletions at once must not each see the other's token as the one that is left.
            connection.execute("LOCK TABLE tokens IN SHARE ROW EXCLUSIVE MODE")
            row = connection.execute("SELECT scopes FROM tokens WHERE id = %s", (token_id,)).fetchone()
            if row is None:
                return None
            others = connection.execute(
                "SELECT count(*) FROM tokens WHERE id <> %s AND strpos(id, %s) = 0"
                " AND %s = ANY (scopes) AND (expires_at IS NULL OR expires_at > %s)",
                (token_id, WITHIN, Scope.ADMIN.value, now),
            ).fetchone()
            if Scope.ADMIN in row[0] and not is_session(token_id) and others == (0,):
                return []
            removed = connection.execute(
                "DELETE FROM tokens WHERE id = %s OR starts_with(id, %s) RETURNING digest",
                (token_id, token_id + WITHIN),
            ).fetchall()
        return [digest for (digest,) in removed]

    def remove_oldest(self, within: str, keep: int) -> list[str]:
        """Delete the sessions that a token began, but for the `keep` newest; their digests."""
        with self._database.transaction() as connection:
            removed = connection.execute(
                "DELETE FROM tokens WHERE id IN (SELECT id FROM tokens WHERE starts_with(id, %s)"
                " ORDER BY created_at DESC, id DESC OFFSET %s) RETURNING digest",
                (within + WITHIN, keep),
            ).fetchall()
        return [digest for (digest,) in removed]

    def name_of(self, token_id: str) -> str | None:
        """A token's name; None when it is gone. Raises Unavailable."""
        with self._database.transaction() as connection:
            row = connection.execute("SELECT name FROM tokens WHERE id = %s", (token_id,)).fetchone()
        return None if row is None else str(row[0])

    def note_uses(self, uses: Mapping[str, int]) -> None:
        """Record when tokens were last used (epoch ms)."""
        with self._database.transaction() as connection, connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE tokens SET last_used_at = greatest(last_used_at, %s) WHERE id = %s",
                [(to_datetime(used), token_id) for token_id, used in uses.items()],
            )


def _grant(token_id: str, scopes: list[str], expires_at: datetime | None) -> Grant:
    return Grant(token_id, frozenset(map(Scope, scopes)), expires_at.timestamp() if expires_at else None)


def _token(row: tuple[Any, ...]) -> Token:
    token_id, name, scopes, *instants = row
    return Token(token_id, name, frozenset(map(Scope, scopes)), *instants)
