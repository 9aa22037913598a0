"""The tokens API; only administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib import wiring
from chalicelib.api.endpoint import Answer, Resource
from chalicelib.api.request import Request
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.instants import from_datetime, to_datetime
from chalicelib.domain.scopes import Scope
from chalicelib.domain.tokens import Token
from chalicelib.wiring import alerting

tokens = Resource(__name__)


@tokens.endpoint("POST", "/monitoring/tokens", scope=Scope.ADMIN)
def create_token(request: Request) -> Answer:
    """Create a token; the answer shows its secret this once."""
    from chalicelib.api.schemas.tokens import NewToken
    from chalicelib.api.validation import parse

    asked = parse(NewToken, request.json_body())
    now = _now(request)
    if asked.expires_at is not None and asked.expires_at <= now:
        raise InvalidInput("expiresAt: must lie in the future.", field="expiresAt")
    actor = alerting.actor(request.grant.token_id)
    token, secret = wiring.tokens().create(asked.name, frozenset(asked.scopes), asked.expires_at, now=now, actor=actor)
    return Answer(_shown(token) | {"token": secret}, 201)


@tokens.endpoint("GET", "/monitoring/tokens", scope=Scope.ADMIN, query=("after",))
def list_tokens(request: Request) -> Answer:
    """List tokens, without their secrets."""
    page, following = wiring.tokens().page(request.query("after"))
    return Answer({"tokens": [_shown(token) for token in page], "next": following})


@tokens.endpoint("DELETE", "/monitoring/tokens/{token_id}", scope=Scope.ADMIN)
def revoke_token(request: Request, token_id: str) -> Answer:
    """Revoke a token; it stops working within 30 seconds."""
    wiring.tokens().revoke(token_id, now=_now(request), actor=alerting.actor(request.grant.token_id))
    return Answer(None, 204)


def _shown(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "createdAt": from_datetime(token.created_at),
        "expiresAt": from_datetime(token.expires_at),
        "lastUsedAt": from_datetime(token.last_used_at),
    }


def _now(request: Request) -> datetime:
    return to_datetime(request.now)
