"""Tokens on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from chalicelib.api.validation import Body
from chalicelib.domain.fields import wrong_text
from chalicelib.domain.scopes import Scope


def _on_one_line(text: str) -> str:
    if wrong := wrong_text(text):
        raise ValueError(wrong)
    return text


class NewToken(Body):
    """What a token is to be called, what it may do, and until when."""

    name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_on_one_line)
    ]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=5)]
    expires_at: Annotated[AwareDatetime | None, Field(alias="expiresAt")] = None
