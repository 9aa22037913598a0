"""Bearer tokens: 256 random bits, shown once, kept only as their SHA-256."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.scopes import Scope

PREFIX = "pm_"  # lets secret scanners and people recognise one
WITHIN = "."  # between a token's id and what is added to it for a session that it began


@dataclass(frozen=True, slots=True)
class Token:
    """A token as its owner may see it; its secret is not in here."""

    id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a secret opens: the token's id, its scopes, and until when (epoch seconds, None = for ever)."""

    token_id: str
    scopes: frozenset[Scope]
    expires_at: float | None

    def is_expired(self, now: float) -> bool:
        """Whether the token had ended at `now`, in epoch seconds."""
        return self.expires_at is not None and now >= self.expires_at


def id_from(random_64_bits: bytes, within: str | None = None) -> str:
    """The id of a new token; of one that ends with another (`within`), that one's id and more."""
    return f"tok_{random_64_bits.hex()}" if within is None else f"{within}{WITHIN}{random_64_bits.hex()}"


def is_session(token_id: str) -> bool:
    """Whether the token was begun by another one, and ends with it."""
    return WITHIN in token_id


def secret_from(random_256_bits: bytes) -> str:
    """The text form of a new secret; the caller brings the 32 random bytes."""
    return PREFIX + random_256_bits.hex()


def digest(secret: str) -> str:
    """SHA-256 of a secret in hexadecimal: all that is ever stored or compared.

    A lookup by this digest needs no constant-time comparison of its own: whoever could time it would
    learn about SHA-256 outputs, which tell nothing about the 256 random bits behind them.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
