"""Who is calling, and may they: bearer tokens, judged without PostgreSQL while Valkey knows them.

1. A token judged in this process within the last ten seconds needs no look-up.
2. Valkey has every token's digest, written through on change and rebuilt by the tick.
3. What Valkey does not know, or cannot say, PostgreSQL decides.
4. Failures are counted by address, of IPv6 by the network that a customer gets; beyond the limit the answer is 429.
"""

from __future__ import annotations

from chalicelib.domain.errors import Forbidden, TooManyRequests, Unauthenticated, Unavailable
from chalicelib.domain.scopes import Scope, allows
from chalicelib.domain.tokens import PREFIX, Grant, digest
from chalicelib.services.ports.access import Counter, GrantCache, Grants

REMEMBER_MS = 10_000
MAX_REMEMBERED = 10_000
MAX_FAILURES_PER_MINUTE = 30
USE_NOTED_EVERY_MS = 60_000


class Authenticate:
    """Judges Authorization headers."""

    def __init__(self, cache: GrantCache, truth: Grants, counter: Counter, *, max_per_second: int) -> None:
        self._cache = cache
        self._truth = truth
        self._counter = counter
        self._max_per_second = max_per_second
        self._remembered: dict[str, tuple[Grant, int]] = {}
        self._use_noted: dict[str, int] = {}

    def check(self, header: str, scope: Scope, *, address: str, now: int) -> Grant:
        """The grant behind a header. Raises Unauthenticated, Forbidden, TooManyRequests or Unavailable."""
        kind, _, secret = header.partition(" ")
        secret = secret.strip()
        if kind.lower() != "bearer" or not secret:
            raise Unauthenticated("Send a token: Authorization: Bearer {token}.")
        known = digest(secret)
        remembered = self._remembered.get(known)
        if remembered is not None and now - remembered[1] < REMEMBER_MS:
            grant = remembered[0]
        else:
            grant = self._look_up(known, secret, address, now)
        if grant.is_expired(now / 1000):
            raise Unauthenticated("The token has expired; create a new one.")
        if not allows(grant.scopes, scope):
            raise Forbidden(f"The token lacks the scope {scope.value!r}.")
        if self._max_per_second and self._count("requests", grant.token_id, now, 1) > self._max_per_second:
            raise TooManyRequests("More requests than MAX_REQUESTS_PER_SECOND allows a token.", retry_after=1)
        return grant

    def _look_up(self, known: str, secret: str, address: str, now: int) -> Grant:
        self._remembered.pop(known, None)
        try:
            grant = self._cache.get(known)
        except Unavailable:
            grant = None
        if grant is None and secret.startswith(PREFIX):
            self._refuse_guessing(address, now)
            grant = self._truth.get(known)
            if grant is not None:
                self._cache.put(known, grant)
        if grant is None:
            self._count_failure(address, now)
            raise Unauthenticated("The token is not known; it may have been revoked.")
        if len(self._remembered) >= MAX_REMEMBERED:
            self._remembered.clear()
            self._use_noted.clear()
        self._remembered[known] = (grant, now)
        if now - self._use_noted.get(grant.token_id, 0) >= USE_NOTED_EVERY_MS:
            self._use_noted[grant.token_id] = now
            self._cache.note_use(grant.token_id, now)
        return grant

    def _refuse_guessing(self, address: str, now: int) -> None:
        if self._failures(address, now, add=False) > MAX_FAILURES_PER_MINUTE:
            raise TooManyRequests("Too many unknown tokens from this address.", retry_after=60)

    def _count_failure(self, address: str, now: int) -> None:
        if self._failures(address, now, add=True) > MAX_FAILURES_PER_MINUTE:
            raise TooManyRequests("Too many unknown tokens from this address.", retry_after=60)

    def _failures(self, address: str, now: int, *, add: bool) -> int:
        return self._count("failures", _source(address), now, 60, add=add)

    def _count(self, what: str, whose: str, now: int, seconds: int, *, add: bool = True) -> int:
        try:
            return self._counter.count(what, whose, now, seconds, add=add)
        except Unavailable:
            return 0  # without Valkey nothing can be counted, nor recorded; who acknowledges alerts is let in


def _source(address: str) -> str:
    """Whom an address is counted as: whoever has one of IPv6 has at least the 2^64 of its network."""
    if ":" not in address:
        return address
    from ipaddress import IPv6Address, IPv6Network

    try:
        found = IPv6Address(address)
    except ValueError:
        return address
    return str(found.ipv4_mapped or IPv6Network((found, 64), strict=False))
