"""Create, list and revoke tokens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chalicelib.domain.audit import AuditEntry
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.instants import from_datetime, from_moment
from chalicelib.domain.scopes import Scope
from chalicelib.domain.tokens import Grant, Token, digest, id_from, secret_from
from chalicelib.services.ports.access import GrantWriter, TokenBook
from chalicelib.services.ports.alerting import AuditBook, UnitOfWork

PAGE = 100
MAX_SESSIONS = 50  # of one token at a time


class Tokens:
    """Keeps tokens in the truth and writes their grants through to the cache."""

    def __init__(
        self,
        unit: UnitOfWork,
        book: TokenBook,
        cache: GrantWriter,
        audit: AuditBook,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._unit = unit
        self._book = book
        self._cache = cache
        self._audit = audit
        self._random_bytes = random_bytes

    def create(
        self,
        name: str,
        scopes: frozenset[Scope],
        expires_at: datetime | None,
        *,
        now: datetime,
        within: str | None = None,
        actor: str | None = None,
    ) -> tuple[Token, str]:
        """A new token and its secret, which is shown this once and never kept.

        `within`: the id of the token that it ends with; beyond MAX_SESSIONS of one the oldest ends. `actor`: who wants
        it, for the audit trail; None = the service.
        """
        secret = secret_from(self._random_bytes(32))
        token = Token(id_from(self._random_bytes(8), within), name, scopes, now, expires_at)
        known = digest(secret)
        with self._unit.transaction():
            self._book.add(token, known)
            ended = [] if within is None else self._book.remove_oldest(within, MAX_SESSIONS)
            if actor is not None:
                self._note(now, actor, "created", token.id, _written(token))
        self._cache.put(known, Grant(token.id, scopes, expires_at.timestamp() if expires_at else None))
        for each in ended:
            self._cache.remove(each)
        return token, secret

    def page(self, after: str | None) -> tuple[list[Token], str | None]:
        """Up to 100 tokens, and the cursor of the next page or None."""
        found = self._book.page(after, PAGE + 1)
        return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None

    def revoke(self, token_id: str, *, now: datetime, actor: str | None = None) -> None:
        """Delete a token and the sessions it began. Raises NotFound, or Conflict for the last admin token."""
        with self._unit.transaction():
            removed = self._book.remove(token_id, now)
            if removed is None:
                raise NotFound(f"There is no token {token_id[:64]!r}.")
            if not removed:
                raise Conflict("This is the last admin token: create another one before deleting it.")
            if actor is not None:
                self._note(now, actor, "revoked", token_id)
        for known in removed:
            self._cache.remove(known)

    def _note(self, now: datetime, actor: str, action: str, token_id: str, after: dict[str, Any] | None = None) -> None:
        self._audit.record(AuditEntry(from_moment(now), actor, action, "token", token_id, None, after))


def _written(token: Token) -> dict[str, Any]:
    return {"name": token.name, "scopes": sorted(token.scopes), "expiresAt": from_datetime(token.expires_at)}
