"""Tokens on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from chalicelib.api.validation import Body
from chalicelib.domain.scopes import Scope


class NewToken(Body):
    """What a token is to be called, what it may do, and until when."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=5)]
    expires_at: Annotated[AwareDatetime | None, Field(alias="expiresAt")] = None
