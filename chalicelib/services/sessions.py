"""Sessions of the dashboard: a token with the scopes of the one that was shown, that ends by itself.

It lives in a cookie that no script can read; whoever logs out, or revokes it or its token, ends it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.domain.errors import Forbidden
from chalicelib.domain.scopes import Scope, allows
from chalicelib.domain.tokens import Grant, Token, is_session
from chalicelib.services.tokens import Tokens

LASTS = timedelta(hours=12)
NAME = "Dashboard session"


class Sessions:
    """Begins and ends sessions."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def begin(self, grant: Grant, name: str, *, now: datetime) -> tuple[Token, str]:
        """A session for whoever showed a token that may read; it and the secret for the cookie. Raises Forbidden."""
        if is_session(grant.token_id):
            raise Forbidden("A session begins no other: log in with a token.")
        if not allows(grant.scopes, Scope.READ):
            raise Forbidden("The token lacks the scope 'read', which the dashboard needs.")
        ends = now + LASTS
        if grant.expires_at is not None:
            ends = min(ends, datetime.fromtimestamp(grant.expires_at, now.tzinfo))
        return self._tokens.create(f"{NAME}: {name}"[:100], grant.scopes, ends, now=now, within=grant.token_id)

    def end(self, token_id: str, *, now: datetime) -> None:
        """End a session."""
        self._tokens.revoke(token_id, now=now)
