"""Tokens on the wire."""

from __future__ import annotations

from datetime import MAXYEAR, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from chalicelib.api.validation import Body
from chalicelib.domain.fields import wrong_text
from chalicelib.domain.scopes import Scope


def _on_one_line(text: str) -> str:
    if wrong := wrong_text(text):
        raise ValueError(wrong)
    return text


def _within_calendars(moment: datetime | None) -> datetime | None:
    # Later ones overflow in zones east of here: a list that holds one could not be shown.
    if moment is not None and moment.year >= MAXYEAR:
        raise ValueError(f"must lie before the year {MAXYEAR}")
    return moment


class NewToken(Body):
    """What a token is to be called, what it may do, and until when."""

    name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_on_one_line)
    ]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=5)]
    expires_at: Annotated[AwareDatetime | None, Field(alias="expiresAt"), AfterValidator(_within_calendars)] = None
