"""Instants on the wire: ISO 8601 with a zone, epoch milliseconds, or relative to now; epoch milliseconds inside."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RELATIVE = re.compile(r"-(\d{1,9})(ms|s|m|h|d|w)")
_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_MILLISECOND = timedelta(milliseconds=1)
_FARTHEST = 253_370_764_799_999  # the last millisecond of year 9998: a year's room for zones, windows and look-backs
_RANGE = "must lie between the years 1970 and 9998"


class InvalidInstant(ValueError):
    """A text or number that is no instant; the message says what is allowed."""


class OutOfRange(InvalidInstant):
    """An instant so far away that nothing can be done with it."""


def parse_instant(value: str | int | float) -> int:
    """Epoch milliseconds of an ISO 8601 text with a zone, or of epoch milliseconds."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise InvalidInstant("must be ISO 8601 with a zone, like 2024-01-15T10:30:00.000Z, or epoch ms") from None
        if moment.tzinfo is None:
            raise InvalidInstant("must carry a zone: append Z for UTC, or an offset like +02:00")
        try:
            return _within(round(moment.timestamp() * 1000))
        except (OverflowError, ValueError):
            raise OutOfRange(_RANGE) from None
    if not abs(value) <= _FARTHEST:
        raise OutOfRange(_RANGE)
    return _within(round(value))


def parse_moment(text: str, now: int) -> int:
    """Like `parse_instant`, but also takes digits alone, `now` and relative forms like `-5m`; `now` is epoch ms."""
    if text == "now":
        return now
    if relative := _RELATIVE.fullmatch(text):
        return _within(now - int(relative[1]) * _MILLISECONDS[relative[2]])
    if re.fullmatch(r"-?\d{1,15}", text):
        return parse_instant(int(text))
    try:
        # A query string turns "+" into a space: 2024-01-15T10:30:00+02:00 arrives as ...00 02:00.
        return parse_instant(text.replace(" ", "+") if "T" in text else text)
    except OutOfRange:
        raise
    except InvalidInstant:
        raise InvalidInstant(
            "must be ISO 8601 with a zone, epoch milliseconds, now, or relative like -5m, -1h, -7d"
        ) from None


def _within(milliseconds: int) -> int:
    """The instant, where everything that is done with instants still works."""
    if not 0 <= milliseconds <= _FARTHEST:
        raise OutOfRange(_RANGE)
    return milliseconds


def to_iso(milliseconds: int) -> str:
    """`2024-01-15T10:30:00.000Z`."""
    return to_datetime(milliseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_datetime(moment: datetime | None) -> str | None:
    """`2024-01-15T10:30:00.000Z`; None stays None."""
    return None if moment is None else to_iso(round(moment.timestamp() * 1000))


def from_moment(moment: datetime) -> int:
    """Epoch milliseconds, exactly."""
    return (moment - _EPOCH) // _MILLISECOND


def to_datetime(milliseconds: int) -> datetime:
    """The same instant in UTC, exactly: a float of seconds would lose a millisecond here and there."""
    return _EPOCH + timedelta(milliseconds=milliseconds)
