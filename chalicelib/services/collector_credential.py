"""Gives the puller a token of its own: scope ingest, renewed every day, handed over in a box with every pull."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from chalicelib.domain.collector_tokens import GOOD_FOR_MS, NAME, KeptCredential
from chalicelib.domain.errors import NotFound, Unavailable
from chalicelib.domain.scopes import Scope
from chalicelib.services.ports.collecting import CredentialBook
from chalicelib.services.ports.notifying import Sealer
from chalicelib.services.tokens import Tokens


class CollectorCredential:
    """Keeps the puller's token. Called in the transaction of whoever plans, so that two never make one each."""

    def __init__(
        self,
        book: CredentialBook,
        tokens: Tokens,
        is_known: Callable[[str], bool],
        sealer: Sealer,
        public_key: str,
    ) -> None:
        """`is_known`: whether there still is a token with an id."""
        self._book = book
        self._tokens = tokens
        self._is_known = is_known
        self._sealer = sealer
        self._public_key = public_key

    def sealed(self, now: int) -> str:
        """The token that is good now, in a box that only the puller can open. Raises Unavailable.

        One that was revoked is replaced at once.
        """
        kept = self._book.get()
        if kept is not None and kept.is_good(now, self._public_key) and self._is_known(kept.token_id):
            return kept.box
        if not self._public_key:
            raise Unavailable("The collector cannot be given a token: NOTIFIER_PUBLIC_KEY is not set.")
        at = datetime.fromtimestamp(now / 1000, UTC)
        expires = at + timedelta(milliseconds=GOOD_FOR_MS)
        token, secret = self._tokens.create(NAME, frozenset({Scope.INGEST}), expires, now=at)
        box = self._sealer.seal({"token": secret})["token"]
        former = None if kept is None else kept.token_id
        self._book.replace(KeptCredential(token.id, box, now, self._public_key, former))
        if kept is not None and kept.former_token_id is not None:
            self._revoke(kept.former_token_id, at)
        return box

    def _revoke(self, token_id: str, at: datetime) -> None:
        with contextlib.suppress(NotFound):  # somebody was faster
            self._tokens.revoke(token_id, now=at)
