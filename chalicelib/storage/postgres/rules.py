"""Rules in PostgreSQL, each in the form in which the API writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.domain.instants import from_moment, to_datetime
from chalicelib.domain.rule_form import read_rule, write_rule
from chalicelib.domain.rule_records import RuleRecord
from chalicelib.domain.rules import Rule
from chalicelib.storage.postgres.connection import Database

if TYPE_CHECKING:
    from psycopg import Connection

_SELECT = "SELECT id, document, version, created_at, updated_at, last_error, last_error_at FROM rules"
# Enabled rules that tell somebody. One that names nobody does where some channel takes alerts of its severity by
# default, or where (`tells_by_default`) the service has recipients for such.
TELLING = """
SELECT count(*) FROM rules WHERE enabled
  AND (jsonb_array_length(coalesce(document -> 'recipients', '[]'))
      + jsonb_array_length(coalesce(document -> 'channels', '[]')) > 0
    OR %(tells_by_default)s
    OR EXISTS (SELECT FROM channels
      WHERE channels.enabled AND channels.document #> '{defaults,severity}' ? (rules.document ->> 'severity')))
"""
_SEEDED = "default rules"  # stands among the migrations: they are created once, like a table


class PostgresRules:
    """The truth about rules."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, record: RuleRecord) -> None:
        """Keep a new rule. Raises Unavailable."""
        with self._database.transaction() as connection:
            _insert(connection, record)
            touch_rules(connection)

    def get(self, rule_id: str, *, lock: bool = False) -> RuleRecord | None:
        """A rule; with `lock`, nobody else changes or judges it until the transaction ends. Raises Unavailable."""
        with self._database.transaction() as connection:
            if lock:  # an evaluation locks its row and then rules: the other way round they would wait for each other
                connection.execute("SELECT FROM evaluation FOR UPDATE")
            row = connection.execute(f"{_SELECT} WHERE id = %s{' FOR UPDATE' if lock else ''}", (rule_id,)).fetchone()
        return None if row is None else _record(*row)

    def page(self, after: str, limit: int, *, metric_type: str | None, enabled: bool | None) -> list[RuleRecord]:
        """Rules in the order of their ids, from behind the id `after`. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"{_SELECT} WHERE id > %(after)s"
                " AND (%(enabled)s::boolean IS NULL OR enabled = %(enabled)s)"
                " AND (%(metric)s::text IS NULL OR document ->> 'metricType' = %(metric)s"
                "      OR jsonb_path_exists(document, '$.conditions[*] ? (@.metricType == $metric)',"
                "                           jsonb_build_object('metric', %(metric)s::text)))"
                " ORDER BY id LIMIT %(limit)s",
                {"after": after, "enabled": enabled, "metric": metric_type, "limit": limit},
            ).fetchall()
        return [_record(*row) for row in rows]

    def replace(self, record: RuleRecord) -> None:
        """Keep a changed rule; what was wrong with it before is forgotten. Raises Unavailable."""
        from psycopg.types.json import Jsonb

        rule = record.rule
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE rules SET name = %s, enabled = %s, document = %s, version = %s, updated_at = %s,"
                " last_error = NULL, last_error_at = NULL WHERE id = %s",
                (
                    *(rule.name, rule.enabled, Jsonb(write_rule(rule)), record.version),
                    *(to_datetime(record.updated_at), rule.id),
                ),
            )
            touch_rules(connection)

    def remove(self, rule_id: str) -> None:
        """Forget a rule. Raises Unavailable."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM rules WHERE id = %s", (rule_id,))
            touch_rules(connection)

    def enabled(self) -> list[RuleRecord]:
        """Every rule that is to be judged. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(f"{_SELECT} WHERE enabled ORDER BY id").fetchall()
        return [_record(*row) for row in rows]

    def errors(self) -> dict[str, str]:
        """Why which rules could not be judged, by rule id. Raises Unavailable."""
        with self._database.transaction() as connection:
            found = connection.execute("SELECT id, last_error FROM rules WHERE last_error IS NOT NULL")
            return dict(found.fetchall())

    def note_errors(self, errors: Mapping[str, str | None], now: int) -> None:
        """Write down why rules could not be judged, by rule id; None = it was judged again. Raises Unavailable."""
        with self._database.transaction() as connection, connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE rules SET last_error = %s, last_error_at = CASE WHEN %s THEN NULL ELSE %s END WHERE id = %s",
                [(error, error is None, to_datetime(now), rule_id) for rule_id, error in errors.items()],
            )

    def seed(self, rules: Iterable[Rule], now: int) -> bool:
        """Keep the rules that a new installation begins with, once in its life; whether that was now."""
        with self._database.transaction() as connection:
            first = connection.execute(
                "INSERT INTO migrations (name) VALUES (%s) ON CONFLICT DO NOTHING", (_SEEDED,)
            ).rowcount
            if first:
                for rule in rules:
                    _insert(connection, RuleRecord(rule, 1, now, now))
                touch_rules(connection)
        return bool(first)


def touch_rules(connection: Connection) -> None:
    """Tell the evaluation that what it knows of the rules is no longer so."""
    connection.execute("UPDATE evaluation SET rules_version = rules_version + 1")


def _insert(connection: Connection, record: RuleRecord) -> None:
    from psycopg.types.json import Jsonb

    rule = record.rule
    connection.execute(
        "INSERT INTO rules (id, name, enabled, document, version, created_at, updated_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (
            *(rule.id, rule.name, rule.enabled, Jsonb(write_rule(rule)), record.version),
            *(to_datetime(record.created_at), to_datetime(record.updated_at)),
        ),
    )


def _record(
    rule_id: str,
    document: dict[str, Any],
    version: int,
    created_at: datetime,
    updated_at: datetime,
    last_error: str | None,
    last_error_at: datetime | None,
) -> RuleRecord:
    failed_at = None if last_error_at is None else from_moment(last_error_at)
    rule = read_rule(document, rule_id=rule_id)
    return RuleRecord(rule, version, from_moment(created_at), from_moment(updated_at), last_error, failed_at)
