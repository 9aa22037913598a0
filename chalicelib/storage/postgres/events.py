"""The feed of events: written in the transaction of what happened, read in order, none ever skipped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from chalicelib.domain.instants import to_datetime


def publish(connection: Connection, kind: str, data: Mapping[str, Any], at: int) -> None:
    """Add an event (`alertTriggered`, `alertAcknowledged`, `alertResolved`, `reportGenerated`) at `at` (epoch ms)."""
    connection.execute(
        "INSERT INTO events (type, at, data) VALUES (%s, %s, %s)", (kind, to_datetime(at), Jsonb(dict(data)))
    )
