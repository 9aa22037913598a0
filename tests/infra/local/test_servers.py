"""The embedded PostgreSQL and Valkey: what was answered is still there after a stop, a kill -9, and a crash."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from infra.local import ports, unprivileged
from infra.local.failures import StackError
from infra.local.postgres import Postgres, running_postgres
from infra.local.valkey import Valkey, running_valkey
from tests.infra.local.eventually import eventually


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the database is."""
    return tmp_path_factory.mktemp("postgres")


@pytest.fixture(scope="module")
def postgres(directory: Path) -> Iterator[Postgres]:
    """A database whose writes are fsynced, as in the stack."""
    server = Postgres(directory)
    server.start()
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    yield server
    server.stop()


def test_a_database_of_ours_is_there_and_its_owner_is_no_superuser(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url) as connection:
        row = connection.execute(
            "SELECT current_database(), usesuper, current_setting('fsync'), current_setting('server_encoding')"
            " FROM pg_user WHERE usename = current_user"
        ).fetchone()

    assert row == ("perfmon", False, "on", "UTF8")


def test_a_wrong_password_does_not_open_the_database(postgres: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url.replace("perfmon:", "perfmon:x"))


def test_committed_rows_outlive_a_kill_at_the_same_address(postgres: Postgres) -> None:
    url = postgres.url
    with psycopg.connect(url, autocommit=True) as connection:
        before = _count(connection)
        for round_ in range(2):
            with psycopg.connect(url) as writing:
                writing.execute("INSERT INTO kept VALUES (%s)", [round_])
                writing.commit()
                postgres.kill()
            postgres.start()

    with psycopg.connect(postgres.url) as connection:
        assert _count(connection) == before + 2
    assert postgres.url == url


def test_a_server_that_somebody_else_killed_is_started_again(postgres: Postgres) -> None:
    assert postgres.pid is not None
    os.kill(postgres.pid, signal.SIGKILL)
    eventually(lambda: postgres.pid is None)

    postgres.start()

    with psycopg.connect(postgres.url) as connection:
        assert _count(connection) >= 0


def test_a_pid_file_whose_number_is_now_another_programs_is_no_hindrance(postgres: Postgres, directory: Path) -> None:
    postgres.stop()
    file = directory / "data" / "postmaster.pid"
    file.write_text(f"{os.getppid()}\n{file.parent}\n1700000000\n{postgres.port}\n\n127.0.0.1\n\nready\n")

    postgres.start()

    with psycopg.connect(postgres.url) as connection:
        assert _count(connection) >= 0


def test_a_server_still_running_on_the_data_is_replaced(postgres: Postgres, directory: Path) -> None:
    running = postgres.pid
    assert running is not None
    second = Postgres(directory)

    second.start()

    assert second.pid not in (None, running)
    eventually(lambda: postgres.pid is None)
    second.stop()
    postgres.start()


def test_where_user_namespaces_are_forbidden_root_runs_it_as_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unprivileged, "_namespace", tuple)
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o711)
        server = Postgres(Path(place) / "postgres", fsync=False)
        server.start()
        try:
            assert psutil.Process(server.pid).uids().real == (os.geteuid() or unprivileged.NOBODY)
            server.kill()
            server.start()
            with psycopg.connect(server.url) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
        finally:
            server.stop()


def test_a_place_that_nobody_may_enter_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unprivileged, "_namespace", tuple)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    (tmp_path / "closed").mkdir(mode=0o700)

    with pytest.raises(StackError, match="does not run as root, and as the user nobody it cannot enter"):
        unprivileged.disguise(tmp_path / "closed" / "postgres", Path("/bin/sh"))


def test_a_user_without_a_name_is_told_what_postgresql_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unprivileged, "_namespace", tuple)
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000_000)

    with pytest.raises(StackError, match="user id 4000000000 has none"):
        unprivileged.disguise(Path("/tmp"), Path("/bin/sh"))


def test_valkey_keeps_an_answered_write_over_a_kill_at_the_same_address(tmp_path: Path) -> None:
    server = Valkey(tmp_path / "valkey")
    server.start()
    url = server.url
    try:
        with contextlib.closing(redis.Redis.from_url(url)) as client:
            client.set("kept", "1")
        server.kill()
        server.start()

        with contextlib.closing(redis.Redis.from_url(server.url)) as client:
            assert client.get("kept") == b"1"
            assert client.config_get("appendfsync") == {"appendfsync": "always"}
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert server.url == url
    finally:
        server.stop()


def test_valkey_wants_its_password(tmp_path: Path) -> None:
    with running_valkey(tmp_path / "valkey", appendfsync="everysec") as url:
        port = int(url.rpartition(":")[2].partition("/")[0])
        impatient = redis.Redis(port=port, retry=Retry(NoBackoff(), 0))
        with contextlib.closing(impatient) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.get("kept")
        assert (tmp_path / "valkey" / "password").stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "valkey" / "valkey.conf").stat().st_mode & 0o777 == 0o600


def test_data_are_kept_from_one_block_to_the_next_even_if_the_port_is_taken_meanwhile(tmp_path: Path) -> None:
    with running_postgres(tmp_path, fsync=False) as first, psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE kept (n int)")

    with (
        contextlib.closing(ports.listening(int((tmp_path / "port").read_text()))),
        running_postgres(tmp_path, fsync=False) as second,
        psycopg.connect(second) as connection,
    ):
        assert _count(connection) == 0

    assert first != second


def _count(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    count: int = row[0]
    return count
