"""How results stand on a terminal. Names and tags are other people's text: none is taken for markup or control."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

_COLOURS = {
    **dict.fromkeys(("high", "firing", "down", "fail"), "red"),
    **dict.fromkeys(("medium", "late", "warn"), "yellow"),
    **dict.fromkeys(("up", "pass"), "green"),
    "critical": "bold red",
}


def plain(value: object) -> str:
    """One line of text; what would steer the terminal shows as a question mark."""
    text = "" if value is None else str(value)
    return "".join(each if each.isprintable() else "?" for each in text)


def cell(value: object) -> Text:
    """A value as a table shows it."""
    text = plain(value)
    return Text(text, style=_COLOURS.get(text, ""))


def show_table(columns: Iterable[str], rows: Iterable[Iterable[object]], nothing: str) -> None:
    """Rows under their columns; `nothing` where there are none."""
    table = Table(*columns, box=None)
    for row in rows:
        table.add_row(*(cell(each) for each in row))
    Console().print(table if table.row_count else nothing)


def tags_text(tags: Mapping[str, Any] | None) -> str:
    """Tags in one line."""
    return " ".join(f"{key}={value}" for key, value in (tags or {}).items())


def moment(iso: str | None) -> str:
    """An instant of the API without its fractions; nothing where there is none."""
    return (iso or "")[:19].replace("T", " ")
