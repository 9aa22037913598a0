"""What a token may do; each route names the one scope it asks for."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """`admin` includes all; `manage` includes `respond`, which includes `read`; `ingest` stands alone."""

    INGEST = "ingest"
    READ = "read"
    RESPOND = "respond"
    MANAGE = "manage"
    ADMIN = "admin"


_INCLUDED: dict[Scope, frozenset[Scope]] = {
    Scope.INGEST: frozenset({Scope.INGEST}),
    Scope.READ: frozenset({Scope.READ}),
    Scope.RESPOND: frozenset({Scope.RESPOND, Scope.READ}),
    Scope.MANAGE: frozenset({Scope.MANAGE, Scope.RESPOND, Scope.READ}),
    Scope.ADMIN: frozenset(Scope),
}


def allows(granted: frozenset[Scope], asked: Scope) -> bool:
    """Whether any of the granted scopes includes the one asked for."""
    return any(asked in _INCLUDED[scope] for scope in granted)
