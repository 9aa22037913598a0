"""What authentication and tokens need of the world."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from chalicelib.domain.tokens import Grant, Token


class Grants(Protocol):
    """What tokens open."""

    def get(self, digest: str) -> Grant | None:
        """The grant of the token with this digest. Raises Unavailable."""
        ...


class GrantCache(Grants, Protocol):
    """The quick copy of all grants."""

    def put(self, digest: str, grant: Grant) -> None:
        """Remember a grant; a cache that is down is left alone."""
        ...

    def note_use(self, token_id: str, now: int) -> None:
        """Remember that a token was used (epoch ms); a cache that is down is left alone."""
        ...


class Counter(Protocol):
    """Counts events in windows of time, over all containers."""

    def count(self, what: str, whose: str, now: int, seconds: int, *, add: bool = True) -> int:
        """How often it happened in the window that `now` (epoch ms) lies in, this time included. Raises Unavailable."""
        ...


class TokenTruth(Protocol):
    """What the tick needs of the tokens."""

    def grants(self) -> dict[str, Grant]:
        """All grants by digest. Raises Unavailable."""
        ...

    def note_uses(self, uses: Mapping[str, int]) -> None:
        """Record when tokens were last used (epoch ms)."""
        ...


class GrantRebuild(Protocol):
    """What the tick needs of the grants' cache."""

    def rebuild(self, grants: Mapping[str, Grant]) -> None:
        """Replace all grants in one step. Raises Unavailable."""
        ...

    def take_uses(self) -> dict[str, int]:
        """When tokens were last used (epoch ms), since the last call. Raises Unavailable."""
        ...


class GrantWriter(Protocol):
    """What changes of tokens need of the grants' cache."""

    def put(self, digest: str, grant: Grant) -> None:
        """Remember a grant; a cache that is down is left alone."""
        ...

    def remove(self, digest: str) -> None:
        """Forget a grant; a cache that is down is left alone."""
        ...


class TokenBook(Protocol):
    """Where tokens are kept."""

    def remove_oldest(self, within: str, keep: int) -> list[str]:
        """Delete the sessions that a token began, but for the `keep` newest; their digests."""
        ...

    def add(self, token: Token, digest: str) -> None:
        """Keep a new token."""
        ...

    def page(self, after: str | None, limit: int) -> list[Token]:
        """Up to `limit` tokens in the order of their ids, from behind the id `after`."""
        ...

    def remove(self, token_id: str, now: datetime) -> list[str] | None:
        """Delete a token and the sessions it began; their digests.

        None when there is no such token, nothing when it is the last admin token.
        """
        ...
