"""Where a page that is ordered by time ended: the cursor that names the next one."""

from __future__ import annotations

from chalicelib.domain.errors import InvalidInput


def write_cursor(at: int, last_id: str) -> str:
    """The cursor behind what came at an instant (epoch ms) under an id."""
    return f"{at}~{last_id}"


def read_cursor(cursor: str | None) -> tuple[int, str] | None:
    """The instant and id that a cursor stands for; None = from the beginning. Raises InvalidInput."""
    if cursor is None:
        return None
    at, _, last_id = cursor.partition("~")
    if not last_id or not at.isascii() or not at.isdigit() or len(at) > 15:
        raise InvalidInput("after: is not a cursor that a page named as next.", field="after")
    return int(at), last_id
