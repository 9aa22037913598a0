"""Cursors that let go of what they have handed out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import Cursor


class LightCursor(Cursor[tuple[Any, ...]]):
    """Frees the answer of PostgreSQL once all its rows have been taken.

    Whoever sends or reads an array leaves psycopg's answer in a circle of references, until Python next looks for
    circles: with the seldom looks that quick requests need, a container came to hold hundreds of MB of old answers.
    """

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The rows that are left."""
        rows = super().fetchall()
        self._let_go()
        return rows

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """The rows that are left, one by one."""
        while (row := self.fetchone()) is not None:
            yield row
        self._let_go()

    def _let_go(self) -> None:
        if self.pgresult is not None:
            self.pgresult.clear()
