"""The connection to PostgreSQL: bounded, opened again when it broke; and migrations, each once."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from chalicelib import wiring
from chalicelib.domain.errors import Unavailable
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.migrate import migrate
from infra.local.postgres import Postgres


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("idle_in_transaction_session_timeout", "15s"),  # a frozen container must not keep the drain's lock
        ("statement_timeout", "25s"),
        ("lock_timeout", "10s"),
        ("tcp_keepalives_idle", "10"),
        ("TimeZone", "UTC"),
    ],
)
def test_a_connection_is_bounded(stack: None, setting: str, value: str) -> None:
    with wiring.database().transaction() as connection:
        assert connection.execute("SELECT current_setting(%s)", (setting,)).fetchone() == (value,)


@pytest.mark.parametrize("taken", [lambda asked: asked.fetchall(), list], ids=["at once", "one by one"])
def test_answers_with_arrays_are_freed_as_soon_as_they_were_read(
    stack: None, taken: Callable[[psycopg.Cursor[Any]], list[Any]]
) -> None:
    with wiring.database().transaction() as connection:
        asked = connection.execute("SELECT n, ARRAY[n] FROM unnest(%s::int[]) n", ([1, 2, 3],))
        answer = asked.pgresult
        rows = taken(asked)
    assert rows == [(1, [1]), (2, [2]), (3, [3])]
    assert answer is not None
    assert answer.ntuples == 0


def test_a_connection_that_was_ended_while_idle_is_opened_again(stack: None, postgres: Postgres) -> None:
    with wiring.database().transaction() as connection:
        pid = connection.info.backend_pid
    with psycopg.connect(postgres.url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    with wiring.database().transaction() as connection:
        assert connection.info.backend_pid != pid


def test_one_that_is_ended_within_a_transaction_is_told_and_nothing_of_it_stays(
    stack: None, postgres: Postgres
) -> None:
    def cut_short() -> None:
        with (
            psycopg.connect(postgres.url, autocommit=True) as other,
            wiring.database().transaction() as connection,
        ):
            connection.execute("UPDATE drain SET frames = 99")
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))
            connection.execute("SELECT 1")

    with pytest.raises(Unavailable):
        cut_short()
    with wiring.database().transaction() as connection:
        assert connection.execute("SELECT frames FROM drain").fetchone() == (0,)


@pytest.mark.parametrize(
    ("bound", "statement"),
    [("statement_timeout", "SELECT pg_sleep(60)"), ("lock_timeout", "UPDATE drain SET frames = 99")],
)
def test_a_statement_that_takes_too_long_is_told_as_that_and_the_connection_stays(
    stack: None, postgres: Postgres, bound: str, statement: str
) -> None:
    def wait(connection: psycopg.Connection) -> None:
        connection.execute("SELECT set_config(%s, '50ms', true)", (bound,))
        connection.execute(statement)

    with wiring.database().transaction() as connection:
        pid = connection.info.backend_pid
    with psycopg.connect(postgres.url) as other:
        other.execute("LOCK TABLE drain")
        with (
            pytest.raises(Unavailable, match="took too long"),
            wiring.database().transaction() as connection,
        ):
            wait(connection)
    with wiring.database().transaction() as connection:
        assert connection.info.backend_pid == pid
        assert connection.execute("SELECT frames FROM drain").fetchone() == (0,)


def test_a_question_that_takes_too_long_is_told_as_that_and_the_connection_stays(stack: None) -> None:
    asked = wiring.database().ask("SELECT pg_backend_pid(), set_config('statement_timeout', '50ms', false)", {})
    with pytest.raises(Unavailable, match="took too long"):
        wiring.database().ask("SELECT pg_sleep(60)", {})
    assert wiring.database().ask("SELECT pg_backend_pid(), '50ms'", {}) == asked


def test_a_transaction_that_goes_on_after_a_question_took_too_long_does_not_seem_to_commit(stack: None) -> None:
    def go_on() -> None:
        with wiring.database().transaction() as connection:
            connection.execute("UPDATE drain SET frames = 99")
            connection.execute("SET LOCAL statement_timeout = '50ms'")
            with contextlib.suppress(Unavailable):
                wiring.database().ask("SELECT pg_sleep(60)", {})

    with pytest.raises(Unavailable):
        go_on()


def test_a_transaction_that_lay_idle_for_too_long_is_told_and_another_connection_opened(
    stack: None, postgres: Postgres
) -> None:
    def lie_idle() -> None:
        with psycopg.connect(postgres.url, autocommit=True) as other, wiring.database().transaction() as connection:
            connection.execute("UPDATE drain SET frames = 99")
            connection.execute("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
            pid = connection.info.backend_pid
            while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone():
                pass
            connection.execute("SELECT 1")

    with pytest.raises(Unavailable, match="kept waiting"):
        lie_idle()
    with wiring.database().transaction() as connection:
        assert connection.execute("SELECT frames FROM drain").fetchone() == (0,)


def test_a_snapshot_cannot_write(stack: None) -> None:
    with (
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
        wiring.database().transaction(snapshot=True) as connection,
    ):
        connection.execute("UPDATE drain SET frames = 99")


def test_a_database_that_is_away_is_told_without_its_password() -> None:
    away = Database("postgresql://perfmon:secret@127.0.0.1:1/perfmon")
    with pytest.raises(Unavailable) as caught, away.transaction():
        pass
    assert "secret" not in str(caught.value)


def test_migrations_are_applied_once_in_order_also_when_two_run_at_once(
    stack: None, tmp_path: Path, postgres: Postgres
) -> None:
    (tmp_path / "0001_one.sql").write_text("CREATE TABLE one (a int); INSERT INTO one VALUES (1);")
    (tmp_path / "0002_two.sql").write_text("ALTER TABLE one ADD b int DEFAULT 2;")
    with wiring.database().transaction() as connection:
        connection.execute("DELETE FROM migrations")
    databases = [Database(postgres.url) for _ in range(2)]
    applied: list[list[str]] = []
    threads = [threading.Thread(target=lambda d=d: applied.append(migrate(d, tmp_path))) for d in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for database in databases:
        database.close()

    assert sorted(applied) == [[], ["0001_one", "0002_two"]]
    with wiring.database().transaction() as connection:
        assert connection.execute("SELECT a, b FROM one").fetchall() == [(1, 2)]


def test_a_migration_that_fails_leaves_nothing_of_itself_or_of_those_before_it(stack: None, tmp_path: Path) -> None:
    (tmp_path / "0008_good.sql").write_text("CREATE TABLE good (a int);")
    (tmp_path / "0009_bad.sql").write_text("CREATE TABLE bad (a int); SELECT * FROM nowhere;")
    with pytest.raises(psycopg.errors.UndefinedTable):
        migrate(wiring.database(), tmp_path)
    with wiring.database().transaction() as connection:
        assert connection.execute("SELECT to_regclass('good'), to_regclass('bad')").fetchone() == (None, None)


def test_a_file_that_is_misnamed_is_refused(stack: None, tmp_path: Path) -> None:
    (tmp_path / "add-table.sql").write_text("SELECT 1;")
    with pytest.raises(ValueError, match="NNNN_name"):
        migrate(wiring.database(), tmp_path)
