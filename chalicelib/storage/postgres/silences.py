"""Silences and maintenance windows in PostgreSQL, each in the form in which the API writes it."""

from __future__ import annotations

from typing import Any

from chalicelib.domain.instants import to_datetime
from chalicelib.domain.silence_form import MAX_WINDOW_SECONDS, keep_window, load_silence, load_window, write_silence
from chalicelib.domain.silences import AnySilence, MaintenanceWindow, Silence
from chalicelib.storage.postgres.connection import Database

_KINDS: dict[type[AnySilence], str] = {Silence: "silence", MaintenanceWindow: "maintenance_window"}


class PostgresSilences:
    """The truth about silences and windows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, silence: AnySilence, now: int) -> None:
        """Keep a new one. Raises Unavailable."""
        from psycopg.types.json import Jsonb

        begins, ends = _bounds(silence)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO silences (id, kind, document, starts_at, ends_at, created_at)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                (
                    *(silence.id, _KINDS[type(silence)], Jsonb(_write(silence)), to_datetime(begins)),
                    *(None if ends is None else to_datetime(ends), to_datetime(now)),
                ),
            )

    def get(self, silence_id: str) -> AnySilence | None:
        """One of them. Raises Unavailable."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT kind, document FROM silences WHERE id = %s FOR UPDATE", (silence_id,)
            ).fetchone()
        return None if row is None else _load(*row)

    def page(
        self, kind: type[AnySilence], after: str, limit: int, *, ended_after: int | None = None
    ) -> list[AnySilence]:
        """In the order of their ids, from behind `after`; `ended_after`: only what ends later, if it ever holds.

        Raises Unavailable.
        """
        ends = None if ended_after is None else to_datetime(ended_after)
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT kind, document FROM silences WHERE kind = %(kind)s AND id > %(after)s"
                " AND (%(ends)s::timestamptz IS NULL OR ends_at IS NULL"
                " OR ends_at > greatest(starts_at, %(ends)s)) ORDER BY id LIMIT %(limit)s",
                {"kind": _KINDS[kind], "after": after, "ends": ends, "limit": limit},
            ).fetchall()
        return [_load(*row) for row in rows]

    def replace(self, silence: AnySilence) -> None:
        """Keep a changed one. Raises Unavailable."""
        from psycopg.types.json import Jsonb

        begins, ends = _bounds(silence)
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE silences SET document = %s, starts_at = %s, ends_at = %s WHERE id = %s",
                (
                    *(Jsonb(_write(silence)), to_datetime(begins)),
                    *(None if ends is None else to_datetime(ends), silence.id),
                ),
            )

    def relevant(self, now: int) -> list[AnySilence]:
        """All that hold at an instant, recur, or ended within the week before it: silences before windows.

        Raises Unavailable.
        """
        since = to_datetime(now - MAX_WINDOW_SECONDS * 1000)
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT kind, document FROM silences WHERE starts_at <= %s AND (ends_at IS NULL OR ends_at > %s)"
                " ORDER BY kind DESC, id",
                (to_datetime(now), since),
            ).fetchall()
        return [_load(*row) for row in rows]


def _bounds(silence: AnySilence) -> tuple[int, int | None]:
    if isinstance(silence, Silence):
        return silence.starts_at, silence.ends_at
    return silence.valid_from, silence.valid_until


def _write(silence: AnySilence) -> dict[str, object]:
    return write_silence(silence) if isinstance(silence, Silence) else keep_window(silence)


def _load(kind: str, document: dict[str, Any]) -> AnySilence:
    return load_silence(document) if kind == "silence" else load_window(document)
