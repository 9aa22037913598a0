"""The outbox in PostgreSQL: decisions are written with what caused them, and leave from here in their order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from chalicelib.domain.instants import from_moment, to_datetime
from chalicelib.domain.jobs import Notice
from chalicelib.domain.ledger import Entry, Outgoing
from chalicelib.storage.postgres.connection import Database

LOST_AFTER = "30 minutes"  # twice the longest pause between attempts; doubled with every round
MAX_ROUNDS = 5


class PostgresOutbox:
    """What is to be sent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, entries: Sequence[Entry]) -> None:
        """Write decisions in their order; what is to be sent waits from now on. Raises Unavailable."""
        if not entries:
            return
        with self._database.transaction() as connection, connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO notifications (id, at, alert_id, rule_id, channel_id, channel_name, channel_type, reason,"
                " state, mute_id, flaps, held_back, notice, not_before, touched_at)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [_row(entry) for entry in entries],
            )

    def take(self, now: int, limit: int) -> list[Outgoing]:
        """The oldest of every (channel, rule) and what follows it there, in order; locked. Raises Unavailable.

        What waits for its time holds back what comes after it in its line, but what is told together leaves together.
        What somebody else has locked is his.
        """
        with self._database.transaction() as connection:
            heads = connection.execute(
                "SELECT n.channel_id, n.rule_id FROM notifications n WHERE n.state = 'queued' AND n.not_before <= %s"
                " AND NOT EXISTS (SELECT 1 FROM notifications o WHERE o.state = 'queued'"
                " AND o.channel_id = n.channel_id AND o.rule_id = n.rule_id AND o.seq < n.seq)"
                " ORDER BY n.seq LIMIT %s FOR UPDATE OF n SKIP LOCKED",
                (to_datetime(now), limit),
            ).fetchall()
            if not heads:
                return []
            rows = connection.execute(
                "SELECT n.id, n.seq, n.round, n.channel_id, n.rule_id, n.alert_id, n.notice, n.not_before,"
                " EXISTS (SELECT 1 FROM notifications t WHERE t.alert_id = n.alert_id AND t.channel_id = n.channel_id"
                " AND t.state IN ('sent', 'uncertain'))"
                " FROM unnest(%s::text[], %s::text[]) AS h (channel_id, rule_id)"
                " CROSS JOIN LATERAL (SELECT * FROM notifications WHERE state = 'queued'"
                " AND channel_id = h.channel_id AND rule_id = h.rule_id ORDER BY seq LIMIT %s) AS n ORDER BY n.seq",
                ([head[0] for head in heads], [head[1] for head in heads], limit),
            ).fetchall()
        found: list[Outgoing] = []
        waiting: set[tuple[str, str]] = set()
        grouping: set[tuple[str, str]] = set()  # lines whose last one waited for others
        for row in rows:
            outgoing = _outgoing(*row)
            line = (outgoing.channel_id, outgoing.rule_id)
            joins = bool(outgoing.notice.group_wait) and line in grouping
            if outgoing.not_before > now and not joins:
                waiting.add(line)
            if line not in waiting:
                found.append(outgoing)
                (grouping.add if outgoing.notice.group_wait else grouping.discard)(line)
        return found[:limit]

    def dispatched(self, ids: Sequence[str], now: int) -> None:
        """These have been handed to the queue. Raises Unavailable."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE notifications SET state = 'dispatched', touched_at = %s WHERE id = ANY (%s)",
                (to_datetime(now), list(ids)),
            )

    def withdraw(self, notification_id: str, error: str, now: int) -> None:
        """This will not be sent: its channel is gone or switched off. Raises Unavailable."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE notifications SET state = 'failed', error = %s, touched_at = %s WHERE id = %s",
                (error, to_datetime(now), notification_id),
            )

    def requeue_lost(self, now: int) -> int:
        """Queue again what has been under way without news for too long; how many. Raises Unavailable.

        The claims see to it that nothing is sent twice that was only slow.
        """
        with self._database.transaction() as connection:
            given = {"now": to_datetime(now), "after": LOST_AFTER, "most": MAX_ROUNDS}
            connection.execute(
                "UPDATE notifications SET state = 'dead', touched_at = %(now)s,"
                " error = coalesce(error, 'No news of it came back.') WHERE state = 'dispatched'"
                " AND round >= %(most)s AND touched_at < %(now)s - %(after)s::interval * power(2, round)",
                given,
            )
            return connection.execute(
                "UPDATE notifications SET state = 'queued', round = round + 1, touched_at = %(now)s"
                " WHERE state = 'dispatched' AND round < %(most)s"
                " AND touched_at < %(now)s - %(after)s::interval * power(2, round)",
                given,
            ).rowcount


def _row(entry: Entry) -> tuple[Any, ...]:
    from psycopg.types.json import Jsonb

    at = to_datetime(entry.at)
    notice = None if entry.notice is None else Jsonb(msgspec.to_builtins(entry.notice))
    return (
        *(entry.id, at, entry.alert_id, entry.rule_id, entry.channel_id, entry.channel_name, entry.channel_type),
        *(str(entry.reason), "not_sent" if entry.notice is None else "queued", entry.mute_id, entry.flaps),
        *(entry.held_back, notice, to_datetime(entry.not_before), at),
    )


def _outgoing(
    notification_id: str,
    seq: int,
    round_: int,
    channel_id: str,
    rule_id: str,
    alert_id: str | None,
    notice: dict[str, Any],
    not_before: datetime,
    was_told: bool,
) -> Outgoing:
    return Outgoing(
        notification_id,
        seq,
        round_,
        channel_id,
        rule_id,
        alert_id,
        msgspec.convert(notice, Notice),
        from_moment(not_before),
        was_told,
    )
