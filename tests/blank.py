"""PostgreSQL as it is right after an installation, for each test: emptied and filled again rather than built anew.

Dropping and migrating the schema takes four times as long. It is done the first time, and when a test has changed the
schema itself.
"""

from __future__ import annotations

import psycopg

from chalicelib import wiring

_TABLES = "relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
_FINGERPRINT = """
    SELECT md5(string_agg(concat_ws(' ', relname, relkind, attname, atttypid), ',' ORDER BY relname, attnum))
    FROM pg_class LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND NOT attisdropped AND attnum > 0
    WHERE relnamespace = 'public'::regnamespace AND NOT relispartition
"""
_blank: dict[str, tuple[str, str]] = {}  # by URL: the schema's fingerprint, and what brings its rows back


def make_blank(url: str) -> None:
    """The service's database with nothing in it but what an installation begins with.

    What is wired must be wired to it, and hold no transaction.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        fingerprint, refill = _blank.get(url, ("", ""))
        if refill and fingerprint == _fingerprint(connection):
            for partition in _names(connection, "relispartition"):
                connection.execute(f"DROP TABLE {partition}")
            connection.execute(refill)
            return
        connection.execute("DROP SCHEMA IF EXISTS kept CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        wiring.migrate()
        _blank[url] = (_fingerprint(connection), _keep(connection))


def _keep(connection: psycopg.Connection) -> str:
    """Put the rows that are there aside; what empties all tables and brings them back."""
    tables = _names(connection, "NOT relispartition")
    filled = [name for name in tables if connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()]
    connection.execute("CREATE SCHEMA kept")
    for name in filled:
        connection.execute(f"CREATE TABLE kept.{name} AS TABLE public.{name}")
    back = [f"INSERT INTO {name} OVERRIDING SYSTEM VALUE TABLE kept.{name}" for name in filled]
    return "; ".join([f"TRUNCATE {', '.join(tables)} RESTART IDENTITY", *back])


def _fingerprint(connection: psycopg.Connection) -> str:
    row = connection.execute(_FINGERPRINT).fetchone()
    assert row is not None
    return str(row[0])


def _names(connection: psycopg.Connection, which: str) -> list[str]:
    return [name for (name,) in connection.execute(f"SELECT relname FROM pg_class WHERE {_TABLES} AND {which}")]
