"""The ledger in PostgreSQL: what was decided about every channel, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.domain.instants import from_moment, to_datetime
from chalicelib.domain.jobs import Outcome, Receipt
from chalicelib.domain.ledger import Attempt, Delivery, Entry, LedgerFilter, Recorded
from chalicelib.domain.notifications import Reason
from chalicelib.storage.postgres.connection import Database

if TYPE_CHECKING:
    from psycopg import Connection

_SELECT = (
    "SELECT seq, id, at, alert_id, rule_id, channel_id, channel_name, channel_type, reason, mute_id, flaps, held_back,"
    " state, round, sent_at, provider_id, possible_duplicate, error FROM notifications"
)

# What was sent stays sent, whatever is heard of it later; what is superseded had been neither sent nor tried in vain.
_WEIGHT = {"retrying": 0, "superseded": 1, "failed": 2, "dead": 2, "uncertain": 3, "sent": 4}


class PostgresLedger:
    """Decisions, deliveries, attempts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, wanted: LedgerFilter, before: int | None, limit: int) -> list[Recorded]:
        """Entries with their attempts, the newest first, from before a number. Raises Unavailable."""
        given = {
            "alert": wanted.alert_id,
            "channel": wanted.channel_id,
            "state": None if wanted.state is None else str(wanted.state),
            "reason": None if wanted.reason is None else str(wanted.reason),
            "before": before,
            "limit": limit,
        }
        where = (
            " WHERE (%(alert)s::text IS NULL OR alert_id = %(alert)s)"
            " AND (%(channel)s::text IS NULL OR channel_id = %(channel)s)"
            " AND (%(state)s::text IS NULL OR state = %(state)s)"
            " AND (%(reason)s::text IS NULL OR reason = %(reason)s)"
            " AND (%(before)s::bigint IS NULL OR seq < %(before)s) ORDER BY seq DESC LIMIT %(limit)s"
        )
        with self._database.transaction() as connection:
            return _with_attempts(connection, connection.execute(_SELECT + where, given).fetchall())

    def of_alert(self, alert_id: str) -> list[Recorded]:
        """All about one alert, in order. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(f"{_SELECT} WHERE alert_id = %s ORDER BY seq", (alert_id,)).fetchall()
            return _with_attempts(connection, rows)

    def get(self, notification_id: str) -> Recorded | None:
        """One entry with its attempts. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(f"{_SELECT} WHERE id = %s", (notification_id,)).fetchall()
            found = _with_attempts(connection, rows)
        return found[0] if found else None

    def retry(self, notification_id: str, now: int) -> bool:
        """Queue an entry again; False when it has not failed. Raises Unavailable."""
        with self._database.transaction() as connection:
            return bool(
                connection.execute(
                    "UPDATE notifications SET state = 'queued', round = round + 1, touched_at = %(now)s,"
                    " not_before = %(now)s WHERE id = %(id)s AND state = ANY (%(from)s) AND notice IS NOT NULL",
                    {
                        "now": to_datetime(now),
                        "id": notification_id,
                        "from": [str(each) for each in Delivery if each.can_be_retried],
                    },
                ).rowcount
            )

    def forget(self, before: int) -> None:
        """Let go of what was decided before an instant (epoch ms), and of old cooldowns. Raises Unavailable."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM notifications WHERE at < %s AND state <> 'queued'", (to_datetime(before),))
            connection.execute("DELETE FROM cooldowns WHERE until < %s", (to_datetime(before),))

    def record(self, receipt: Receipt) -> None:
        """Write down an attempt and what it makes of the notification and its channel. Raises Unavailable.

        Receipts may come twice and in any order: of two the weightier counts, and an earlier round has no say any more.
        """
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT state, round, channel_id, alert_id, reason FROM notifications WHERE id = %s FOR UPDATE",
                (receipt.notification_id,),
            ).fetchone()
            if row is None:
                return
            state, round_, channel_id, alert_id, reason = row
            _note_attempt(connection, receipt)
            is_late = receipt.round < round_ and receipt.outcome is not Outcome.SENT
            if is_late or _WEIGHT[receipt.outcome] < _WEIGHT.get(state, 0):
                return
            _note_outcome(connection, receipt)
            _note_channel(connection, receipt, channel_id)
            if receipt.outcome in (Outcome.FAILED, Outcome.DEAD) and alert_id and Reason(reason).is_sent:
                connection.execute(
                    "UPDATE tellings SET failed = NOT EXISTS (SELECT 1 FROM notifications WHERE alert_id = %(alert)s"
                    " AND channel_id = %(channel)s AND state IN ('sent', 'uncertain', 'queued', 'dispatched'))"
                    " WHERE alert_id = %(alert)s AND channel_id = %(channel)s",
                    {"alert": alert_id, "channel": channel_id},
                )
            elif receipt.outcome is Outcome.SENT and alert_id:
                connection.execute(
                    "UPDATE tellings SET failed = false WHERE alert_id = %s AND channel_id = %s", (alert_id, channel_id)
                )


def _note_attempt(connection: Connection, receipt: Receipt) -> None:
    connection.execute(
        "INSERT INTO attempts (notification_id, number, at, outcome, status, provider_id, error, took_ms)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (
            *(receipt.notification_id, receipt.attempt, to_datetime(receipt.at), str(receipt.outcome)),
            *(receipt.status, receipt.provider_id, receipt.error, receipt.took_ms),
        ),
    )


def _note_outcome(connection: Connection, receipt: Receipt) -> None:
    state = "dispatched" if receipt.outcome is Outcome.RETRYING else str(receipt.outcome)
    is_sent = receipt.outcome is Outcome.SENT
    connection.execute(
        "UPDATE notifications SET state = %s, touched_at = %s, error = %s, provider_id = coalesce(%s, provider_id),"
        " possible_duplicate = possible_duplicate OR %s, sent_at = CASE WHEN %s THEN %s ELSE sent_at END"
        " WHERE id = %s",
        (
            *(state, to_datetime(receipt.at), receipt.error, receipt.provider_id, receipt.possible_duplicate),
            *(is_sent, to_datetime(receipt.at), receipt.notification_id),
        ),
    )


def _note_channel(connection: Connection, receipt: Receipt, channel_id: str) -> None:
    at = to_datetime(receipt.at)
    if receipt.outcome is Outcome.SENT:
        connection.execute(
            "UPDATE channels SET last_error = NULL, last_error_at = NULL, last_sent_at = %s WHERE id = %s",
            (at, channel_id),
        )
    elif receipt.error is not None and receipt.outcome is not Outcome.SUPERSEDED:
        connection.execute(
            "UPDATE channels SET last_error = %s, last_error_at = %s WHERE id = %s", (receipt.error, at, channel_id)
        )
    if receipt.disable:
        connection.execute(
            "UPDATE channels SET enabled = false, disabled_reason = %s, updated_at = %s, version = version + 1,"
            " document = document || '{\"enabled\": false}' WHERE id = %s AND enabled",
            (receipt.error, at, channel_id),
        )


def _with_attempts(connection: Connection, rows: list[tuple[Any, ...]]) -> list[Recorded]:
    attempts: dict[str, list[Attempt]] = {}
    if rows:
        for notification_id, number, at, *rest in connection.execute(
            "SELECT notification_id, number, at, outcome, status, provider_id, error, took_ms FROM attempts"
            " WHERE notification_id = ANY (%s) ORDER BY notification_id, number",
            ([row[1] for row in rows],),
        ).fetchall():
            attempts.setdefault(notification_id, []).append(Attempt(number, from_moment(at), *rest))
    return [_recorded(row, tuple(attempts.get(row[1], ()))) for row in rows]


def _recorded(row: tuple[Any, ...], attempts: tuple[Attempt, ...]) -> Recorded:
    seq, notification_id, at, alert_id, rule_id, channel_id, channel_name, channel_type, reason = row[:9]
    mute_id, flaps, held_back, state, round_, sent_at, provider_id, possible_duplicate, error = row[9:]
    entry = Entry(
        id=notification_id,
        at=from_moment(at),
        alert_id=alert_id,
        rule_id=rule_id,
        channel_id=channel_id,
        channel_name=channel_name,
        channel_type=channel_type,
        reason=Reason(reason),
        mute_id=mute_id,
        flaps=flaps,
        held_back=held_back,
    )
    sent = None if sent_at is None else from_moment(sent_at)
    return Recorded(seq, entry, Delivery(state), round_, sent, provider_id, possible_duplicate, error, attempts)
