"""Channels in PostgreSQL, each in the form in which the API writes it; secrets apart, and sealed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.domain.channel_form import load_channel, write_channel
from chalicelib.domain.channels import Channel, ChannelRecord
from chalicelib.domain.instants import from_moment, to_datetime
from chalicelib.storage.postgres.connection import Database

_SELECT = (
    "SELECT id, document, sealed, version, created_at, updated_at, disabled_reason, last_error, last_error_at,"
    " last_sent_at FROM channels"
)


class PostgresChannels:
    """The truth about channels."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Channel]:
        """Every channel, the oldest first. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(f"{_SELECT} ORDER BY created_at, id").fetchall()
        return [_record(*row).channel for row in rows]

    def get(self, channel_id: str, *, lock: bool = False) -> ChannelRecord | None:
        """One channel; with `lock`, nobody else changes it until the transaction ends. Raises Unavailable."""
        with self._database.transaction() as connection:
            row = connection.execute(
                f"{_SELECT} WHERE id = %s{' FOR UPDATE' if lock else ''}", (channel_id,)
            ).fetchone()
        return None if row is None else _record(*row)

    def page(self, after: str, limit: int) -> list[ChannelRecord]:
        """Channels in the order of their ids, from behind the id `after`. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(f"{_SELECT} WHERE id > %s ORDER BY id LIMIT %s", (after, limit)).fetchall()
        return [_record(*row) for row in rows]

    def add(self, record: ChannelRecord) -> bool:
        """Keep a new channel; False when its name is taken. Raises Unavailable."""
        from psycopg.types.json import Jsonb

        channel = record.channel
        with self._database.transaction() as connection:
            return bool(
                connection.execute(
                    "INSERT INTO channels (id, name, type, document, sealed, enabled, version, created_at, updated_at)"
                    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (name) DO NOTHING",
                    (
                        *(channel.id, channel.name, channel.type, Jsonb(write_channel(channel))),
                        *(Jsonb(dict(channel.sealed)), channel.enabled, record.version),
                        *(to_datetime(record.created_at), to_datetime(record.updated_at)),
                    ),
                ).rowcount
            )

    def replace(self, record: ChannelRecord) -> bool:
        """Keep a changed channel; False when its name is taken. Raises Unavailable."""
        from psycopg.types.json import Jsonb

        channel = record.channel
        with self._database.transaction() as connection:
            return bool(
                connection.execute(
                    "UPDATE channels SET name = %(name)s, type = %(type)s, document = %(document)s,"
                    " sealed = %(sealed)s, enabled = %(enabled)s, version = %(version)s, updated_at = %(at)s,"
                    " disabled_reason = %(disabled)s, last_error = NULL, last_error_at = NULL WHERE id = %(id)s"
                    " AND NOT EXISTS (SELECT 1 FROM channels WHERE name = %(name)s AND id <> %(id)s)",
                    {
                        "id": channel.id,
                        "name": channel.name,
                        "type": channel.type,
                        "document": Jsonb(write_channel(channel)),
                        "sealed": Jsonb(dict(channel.sealed)),
                        "enabled": channel.enabled,
                        "version": record.version,
                        "at": to_datetime(record.updated_at),
                        "disabled": record.disabled_reason,
                    },
                ).rowcount
            )

    def remove(self, channel_id: str) -> None:
        """Forget a channel; the ledger stays. Raises Unavailable."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM channels WHERE id = %s", (channel_id,))


def _record(
    channel_id: str,
    document: dict[str, Any],
    sealed: dict[str, str],
    version: int,
    created_at: datetime,
    updated_at: datetime,
    disabled_reason: str | None,
    last_error: str | None,
    last_error_at: datetime | None,
    last_sent_at: datetime | None,
) -> ChannelRecord:
    return ChannelRecord(
        load_channel(document, channel_id=channel_id, sealed=sealed),
        version,
        from_moment(created_at),
        from_moment(updated_at),
        disabled_reason,
        last_error,
        None if last_error_at is None else from_moment(last_error_at),
        None if last_sent_at is None else from_moment(last_sent_at),
    )
