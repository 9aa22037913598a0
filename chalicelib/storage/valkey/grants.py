"""Tokens' grants in Valkey, by digest, so that the ingest path needs no PostgreSQL."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

import msgspec

from chalicelib.domain.errors import Unavailable
from chalicelib.domain.scopes import Scope
from chalicelib.domain.tokens import Grant
from chalicelib.storage.valkey import keys
from chalicelib.storage.valkey.connection import Command, Valkey

KEEP_SECONDS = 7200
_decode = msgspec.json.Decoder(tuple[str, list[str], float | None]).decode


class ValkeyGrants:
    """One hash of all grants; the tick rebuilds it from PostgreSQL."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey

    def get(self, digest: str) -> Grant | None:
        """The grant of the token with this digest. Raises Unavailable."""
        found = self._valkey.value("HGET", keys.TOKENS, digest)
        if found is None:
            return None
        token_id, scopes, expires_at = _decode(found)
        return Grant(token_id, frozenset(map(Scope, scopes)), expires_at)

    def put(self, digest: str, grant: Grant) -> None:
        """Remember a grant; when Valkey is down the tick does it later."""
        with contextlib.suppress(Unavailable):
            self._valkey.run(("HSET", keys.TOKENS, digest, _encode(grant)), ("EXPIRE", keys.TOKENS, KEEP_SECONDS))

    def remove(self, digest: str) -> None:
        """Forget a revoked token; when Valkey is down the tick does it later."""
        with contextlib.suppress(Unavailable):
            self._valkey.run(("HDEL", keys.TOKENS, digest))

    def rebuild(self, grants: Mapping[str, Grant]) -> None:
        """Replace all grants in one step. Raises Unavailable."""
        commands: list[Command] = [("MULTI",), ("DEL", keys.TOKENS)]
        if grants:
            pairs = [part for digest, grant in grants.items() for part in (digest, _encode(grant))]
            commands += [("HSET", keys.TOKENS, *pairs), ("EXPIRE", keys.TOKENS, KEEP_SECONDS)]
        self._valkey.run(*commands, ("EXEC",))

    def note_use(self, token_id: str, now: int) -> None:
        """Remember when a token was last used (epoch ms)."""
        with contextlib.suppress(Unavailable):
            self._valkey.run(("HSET", keys.TOKEN_USES, token_id, now), ("EXPIRE", keys.TOKEN_USES, KEEP_SECONDS))

    def take_uses(self) -> dict[str, int]:
        """When tokens were last used (epoch ms), since the last call. Raises Unavailable."""
        answers = self._valkey.run(("MULTI",), ("HGETALL", keys.TOKEN_USES), ("DEL", keys.TOKEN_USES), ("EXEC",))
        flat = answers[-1][0]
        return {flat[i].decode(): int(flat[i + 1]) for i in range(0, len(flat), 2)}


def _encode(grant: Grant) -> bytes:
    return msgspec.json.encode((grant.token_id, sorted(grant.scopes), grant.expires_at))
