"""What channels have been told of alerts, and the cooldowns of rules and groups, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from chalicelib.domain.cooldowns import Cooldown
from chalicelib.domain.episodes import Episode
from chalicelib.domain.instants import from_moment, to_datetime
from chalicelib.domain.ledger import Telling
from chalicelib.domain.notifications import Reason
from chalicelib.domain.rule_form import read_rule
from chalicelib.domain.rules import Rule
from chalicelib.storage.postgres.alerts import SELECT, read_episode
from chalicelib.storage.postgres.connection import Database

Group = tuple[str, tuple[tuple[str, str], ...]]


class PostgresTellings:
    """The facts of decisions to come."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, now: int) -> set[str]:
        """The ids of alerts about which time alone may have something decided. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT alert_id FROM tellings WHERE due_at <= %s FOR UPDATE SKIP LOCKED", (to_datetime(now),)
            ).fetchall()
        return {alert_id for (alert_id,) in rows}

    def firing(self) -> set[str]:
        """The ids of alerts that fire and of which a channel keeps track. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT alert_id FROM tellings WHERE state = 'firing' FOR UPDATE SKIP LOCKED"
            ).fetchall()
        return {alert_id for (alert_id,) in rows}

    def subjects(self, alert_ids: Sequence[str]) -> list[tuple[Episode, Rule | None]]:
        """These alerts, each with its rule as it stands now. Raises Unavailable."""
        if not alert_ids:
            return []
        with self._database.transaction() as connection:
            rows = connection.execute(f"{SELECT} WHERE id = ANY (%s) ORDER BY id", (list(alert_ids),)).fetchall()
            episodes = [read_episode(row) for row in rows]
            rule_ids = list({episode.rule_id for episode in episodes})
            documents = connection.execute("SELECT id, document FROM rules WHERE id = ANY (%s)", (rule_ids,)).fetchall()
        rules = {rule_id: read_rule(document, rule_id=rule_id) for rule_id, document in documents}
        return [(episode, rules.get(episode.rule_id)) for episode in episodes]

    def of_alerts(self, alert_ids: Sequence[str]) -> dict[str, dict[str, Telling]]:
        """What was told of these alerts, by alert and channel; locked until the end. Raises Unavailable."""
        found: dict[str, dict[str, Telling]] = {}
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT alert_id, channel_id, rule_id, state, told_at, last_reason, decided_at, escalates_after,"
                " failed, due_at FROM tellings WHERE alert_id = ANY (%s) ORDER BY alert_id, channel_id FOR UPDATE",
                (list(alert_ids),),
            ).fetchall()
        for alert_id, channel_id, rule_id, state, told, reason, decided, escalates, failed, due in rows:
            found.setdefault(alert_id, {})[channel_id] = Telling(
                alert_id,
                channel_id,
                rule_id,
                state,
                _instant(told),
                None if reason is None else Reason(reason),
                _instant(decided),
                escalates,
                failed,
                _instant(due),
            )
        return found

    def save(self, tellings: Sequence[Telling], gone: Sequence[tuple[str, str]]) -> None:
        """Keep these, and let go of others by alert and channel. Raises Unavailable."""
        with self._database.transaction() as connection, connection.cursor() as cursor:
            if tellings:
                cursor.executemany(
                    "INSERT INTO tellings (alert_id, channel_id, rule_id, state, told_at, last_reason, decided_at,"
                    " escalates_after, failed, due_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
                    " ON CONFLICT (alert_id, channel_id) DO UPDATE SET state = EXCLUDED.state,"
                    " told_at = EXCLUDED.told_at, last_reason = EXCLUDED.last_reason,"
                    " decided_at = EXCLUDED.decided_at, escalates_after = EXCLUDED.escalates_after,"
                    " due_at = EXCLUDED.due_at",
                    [
                        (
                            *(each.alert_id, each.channel_id, each.rule_id, each.state, _moment(each.told_at)),
                            None if each.last_reason is None else str(each.last_reason),
                            *(_moment(each.decided_at), each.escalates_after, each.failed, _moment(each.due_at)),
                        )
                        for each in tellings
                    ],
                )
            if gone:
                cursor.executemany("DELETE FROM tellings WHERE alert_id = %s AND channel_id = %s", gone)

    def cooldowns(self, groups: Sequence[Group]) -> dict[Group, Cooldown]:
        """The cooldowns of these groups. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT rule_id, tags, until, alert_id, flaps, last_held FROM cooldowns WHERE rule_id = ANY (%s)",
                (list({rule_id for rule_id, _ in groups}),),
            ).fetchall()
        wanted = set(groups)
        found = {
            (rule_id, tuple(sorted(tags.items()))): Cooldown(from_moment(until), alert_id, flaps, last_held)
            for rule_id, tags, until, alert_id, flaps, last_held in rows
        }
        return {group: cooldown for group, cooldown in found.items() if group in wanted}

    def save_cooldowns(self, cooldowns: Mapping[Group, Cooldown]) -> None:
        """Keep these. Raises Unavailable."""
        if not cooldowns:
            return
        from psycopg.types.json import Jsonb

        with self._database.transaction() as connection, connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO cooldowns (rule_id, tags, until, alert_id, flaps, last_held)"
                " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (rule_id, tags) DO UPDATE SET until = EXCLUDED.until,"
                " alert_id = EXCLUDED.alert_id, flaps = EXCLUDED.flaps, last_held = EXCLUDED.last_held",
                [
                    (rule_id, Jsonb(dict(tags)), to_datetime(each.until), each.alert_id, each.flaps, each.last_held)
                    for (rule_id, tags), each in cooldowns.items()
                ],
            )

    def sent_since(self, channel_ids: Sequence[str], since: int) -> dict[str, tuple[int, int]]:
        """By channel: how many messages were sent since an instant, and how much was held back after the last of them.

        Those of a rule that waited for each other from one instant on are one message. Raises Unavailable.
        """
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT c.id, (SELECT count(DISTINCT CASE WHEN (n.notice ->> 'group_wait')::int > 0"
                " THEN n.rule_id || ' ' || n.at ELSE n.id END) FROM notifications n WHERE n.channel_id = c.id"
                " AND n.at > %(since)s AND n.state <> 'not_sent'),"
                " (SELECT count(*) FROM notifications n WHERE n.channel_id = c.id"
                " AND n.reason = 'rate_limited' AND n.seq > coalesce((SELECT max(s.seq) FROM notifications s"
                " WHERE s.channel_id = c.id AND s.state <> 'not_sent'), 0)) FROM unnest(%(ids)s::text[]) AS c (id)",
                {"ids": list(channel_ids), "since": to_datetime(since)},
            ).fetchall()
        return {channel_id: (sent, held_back) for channel_id, sent, held_back in rows}


def _instant(moment: datetime | None) -> int | None:
    return None if moment is None else from_moment(moment)


def _moment(instant: int | None) -> datetime | None:
    return None if instant is None else to_datetime(instant)
