"""Lengths of time as one types them: 90s, 30m, 2h, 7d."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import typer

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def span(text: str) -> timedelta:
    """The length of time that is written. Raises BadParameter."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is not a length of time like 90s, 30m, 2h or 7d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def after(text: str) -> str:
    """The instant so much later than now, as the API reads it. Raises BadParameter."""
    return (datetime.now(timezone.utc) + span(text)).isoformat(timespec="milliseconds")
