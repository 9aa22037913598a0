"""Alerts in PostgreSQL: one row an episode, its transitions beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.domain.alert_form import AlertFilter, Step, show_alert
from chalicelib.domain.alerts import Alert, ResolvedReason, State
from chalicelib.domain.episodes import Change, Episode
from chalicelib.domain.instants import from_moment, to_datetime
from chalicelib.domain.lifecycle import Acknowledgement
from chalicelib.domain.occurrences import ALERT_ACKNOWLEDGED, ALERT_RESOLVED, ALERT_TRIGGERED
from chalicelib.domain.rules import Severity
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.events import publish, publish_all

if TYPE_CHECKING:
    from psycopg import Connection

COLUMNS = (
    "id, rule_id, rule_name, metric_types, unit, severity, state, tags, value, threshold, message, pending_since,"
    " fired_at, recovering_since, silent_since, acknowledged_at, acknowledged_by, acknowledgement_comment,"
    " acknowledgement_expires_at, resolved_at, resolved_reason, resolved_by, version"
)
SELECT = "SELECT " + COLUMNS + " FROM alerts"  # noqa: S608 -- constants both
# The median; who has had it in hand since before it fired took no time.
SECONDS_TO_ACKNOWLEDGE = (
    "extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(acknowledged_at, fired_at) - fired_at)"
    " FILTER (WHERE acknowledged_at IS NOT NULL))::float8"
)
_EVENTS = {State.FIRING: ALERT_TRIGGERED, State.RESOLVED: ALERT_RESOLVED}


def read_episode(row: Sequence[Any]) -> Episode:
    """The episode in a row of COLUMNS."""
    alert_id, rule_id, rule_name, metric_types, unit, severity, state, tags, value, threshold, message = row[:11]
    pending, fired, recovering, silent, acknowledged, by, comment, expires, resolved, reason, resolver, version = row[
        11:
    ]
    alert = Alert(
        alert_id,
        State(state),
        from_moment(pending),
        _instant(fired),
        _instant(recovering),
        _instant(silent),
        _instant(resolved),
        None if reason is None else ResolvedReason(reason),
    )
    seen = None
    if acknowledged is not None:
        seen = Acknowledgement(by, from_moment(acknowledged), comment or "", _instant(expires))
    return Episode(
        alert=alert,
        rule_id=rule_id,
        rule_name=rule_name,
        metric_types=tuple(metric_types),
        severity=Severity(severity),
        tags=tags,
        value=value,
        threshold=threshold,
        message=message,
        unit=unit,
        acknowledgement=seen,
        resolved_by=resolver,
        version=version,
    )


class PostgresAlerts:
    """The truth about alerts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, alert_id: str, *, lock: bool = False) -> Episode | None:
        """One alert; with `lock`, nobody else changes it until the transaction ends. Raises Unavailable."""
        with self._database.transaction() as connection:
            row = connection.execute(f"{SELECT} WHERE id = %s{' FOR UPDATE' if lock else ''}", (alert_id,)).fetchone()
        return None if row is None else read_episode(row)

    def live(self, rule_id: str | None = None) -> list[Episode]:
        """The alerts (of one rule) that are not resolved, locked until the transaction ends. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"{SELECT} WHERE state <> 'resolved' AND (%(rule)s::text IS NULL OR"
                " rule_id = %(rule)s) ORDER BY id FOR UPDATE",
                {"rule": rule_id},
            ).fetchall()
        return [read_episode(row) for row in rows]

    def page(self, wanted: AlertFilter, after: tuple[int, str] | None, limit: int) -> list[Episode]:
        """Alerts, those pending last first, from behind (pending since, id). Raises Unavailable."""
        from psycopg.types.json import Jsonb

        given = {
            "states": [str(state) for state in wanted.states],
            "rule": wanted.rule_id,
            "metric": wanted.metric_type,
            "severity": None if wanted.severity is None else str(wanted.severity),
            "tags": Jsonb(dict(wanted.tags)),
            "start": None if wanted.start is None else to_datetime(wanted.start),
            "end": None if wanted.end is None else to_datetime(wanted.end),
            "fired": None if wanted.fired is None else [to_datetime(each) for each in wanted.fired],
            "after": None if after is None else to_datetime(after[0]),
            "after_id": None if after is None else after[1],
            "limit": limit,
        }
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"{SELECT} WHERE (cardinality(%(states)s::text[]) = 0 OR state = ANY (%(states)s))"
                " AND (%(rule)s::text IS NULL OR rule_id = %(rule)s)"
                " AND (%(metric)s::text IS NULL OR %(metric)s = ANY (metric_types))"
                " AND (%(severity)s::text IS NULL OR severity = %(severity)s) AND tags @> %(tags)s"
                " AND (%(start)s::timestamptz IS NULL OR pending_since >= %(start)s)"
                " AND (%(end)s::timestamptz IS NULL OR pending_since < %(end)s)"
                " AND (%(fired)s::timestamptz[] IS NULL"
                "      OR (fired_at >= (%(fired)s::timestamptz[])[1] AND fired_at < (%(fired)s::timestamptz[])[2]))"
                " AND (%(after)s::timestamptz IS NULL OR pending_since < %(after)s"
                "      OR (pending_since = %(after)s AND id > %(after_id)s))"
                " ORDER BY pending_since DESC, id LIMIT %(limit)s",
                given,
            ).fetchall()
        return [read_episode(row) for row in rows]

    def timeline(self, alert_id: str) -> list[Step]:
        """What it went through, in order. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT at, source, target, reason, actor, evidence FROM transitions WHERE alert_id = %s"
                " ORDER BY sequence",
                (alert_id,),
            ).fetchall()
        return [
            Step(from_moment(at), None if source is None else State(source), State(target), reason, actor, evidence)
            for at, source, target, reason, actor, evidence in rows
        ]

    def stats(self, start: int, end: int) -> list[Mapping[str, Any]]:
        """Per rule with an alert that fired in [start, end): counts, and medians in seconds. Raises Unavailable."""
        with self._database.transaction() as connection:
            cursor = connection.execute(
                'SELECT rule_id AS "ruleId", max(rule_name) AS "ruleName", count(*) AS fired,'  # noqa: S608 -- constants
                " count(acknowledged_at) AS acknowledged, count(resolved_at) AS resolved,"
                " count(*) FILTER (WHERE resolved_at - fired_at < interval '5 minutes') AS"
                ' "resolvedUnderFiveMinutes",'
                f' {SECONDS_TO_ACKNOWLEDGE} AS "medianSecondsToAcknowledge",'
                " extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY resolved_at - fired_at))::float8"
                ' AS "medianSecondsToResolve"'
                " FROM alerts WHERE fired_at >= %s AND fired_at < %s GROUP BY rule_id ORDER BY fired DESC, rule_id",
                (to_datetime(start), to_datetime(end)),
            )
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def save(
        self, changes: Sequence[Change], evidence: Mapping[str, Mapping[str, Any]], *, actor: str | None = None
    ) -> None:
        """Write what became of alerts: rows, transitions with their evidence, and events. Raises Unavailable."""
        if not changes:
            return
        with self._database.transaction() as connection:
            dropped = [change.episode.alert.id for change in changes if change.dropped]
            if dropped:
                connection.execute("DELETE FROM alerts WHERE id = ANY (%s)", (dropped,))
                connection.execute("UPDATE evaluation SET pending_dropped = pending_dropped + %s", (len(dropped),))
            kept = [change for change in changes if not change.dropped]
            _write_episodes(connection, [change.episode for change in kept])
            _write_transitions(connection, kept, evidence, actor)
            publish_all(
                connection,
                [
                    (_EVENTS[transition.target], show_alert(change.episode), transition.at)
                    for change in kept
                    for transition in change.transitions
                    if transition.target in _EVENTS
                ],
            )

    def refresh(self, episodes: Sequence[Episode]) -> None:
        """Write what changed in alerts without a transition: clocks, and the value last judged. Raises Unavailable."""
        if episodes:
            with self._database.transaction() as connection:
                _write_episodes(connection, episodes)

    def acknowledge(self, episode: Episode, now: int) -> None:
        """Write an acknowledgement, and the event of it. Raises Unavailable."""
        with self._database.transaction() as connection:
            _write_episodes(connection, [episode])
            publish(connection, ALERT_ACKNOWLEDGED, show_alert(episode), now)


def _write_episodes(connection: Connection, episodes: Sequence[Episode]) -> None:
    from psycopg.types.json import Jsonb

    names = COLUMNS.replace("\n", " ").split(", ")
    updated = ", ".join(f"{name} = EXCLUDED.{name}" for name in names[1:])
    rows = [_row(episode, Jsonb(dict(episode.tags))) for episode in episodes]
    with connection.cursor() as cursor:
        cursor.executemany(
            # Names of columns only: the values are parameters.
            f"INSERT INTO alerts ({COLUMNS}) VALUES ({', '.join(['%s'] * len(names))})"  # noqa: S608
            f" ON CONFLICT (id) DO UPDATE SET {updated}",
            rows,
        )


def _row(episode: Episode, tags: object) -> tuple[Any, ...]:
    alert, seen = episode.alert, episode.acknowledgement
    acknowledged = (None,) * 4 if seen is None else (_moment(seen.at), seen.by, seen.comment, _moment(seen.expires_at))
    return (
        *(alert.id, episode.rule_id, episode.rule_name, list(episode.metric_types), episode.unit),
        *(str(episode.severity), str(alert.state), tags, episode.value, episode.threshold, episode.message),
        *map(_moment, (alert.pending_since, alert.fired_at, alert.recovering_since, alert.silent_since)),
        *acknowledged,
        *(_moment(alert.resolved_at), None if alert.resolved_reason is None else str(alert.resolved_reason)),
        *(episode.resolved_by, episode.version),
    )


def _write_transitions(
    connection: Connection, changes: Sequence[Change], evidence: Mapping[str, Mapping[str, Any]], actor: str | None
) -> None:
    from psycopg.types.json import Jsonb

    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO transitions (alert_id, at, source, target, reason, actor, evidence)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    *(each.alert_id, to_datetime(each.at), None if each.source is None else str(each.source)),
                    *(str(each.target), None if each.reason is None else str(each.reason), actor),
                    Jsonb(dict(evidence.get(each.alert_id, {}))),
                )
                for change in changes
                for each in change.transitions
            ],
        )


def _instant(moment: datetime | None) -> int | None:
    return None if moment is None else from_moment(moment)


def _moment(instant: int | None) -> datetime | None:
    return None if instant is None else to_datetime(instant)
