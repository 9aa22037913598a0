"""PostgreSQL over TLS, the server's name and authority verified; and after a failover both stores are found again."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg
import pytest

from chalicelib import wiring
from chalicelib.domain.errors import Unavailable
from chalicelib.storage.postgres.connection import Database
from infra.local.postgres import Postgres
from infra.local.valkey import Valkey
from tests.call import Api
from tests.conftest import wired
from tests.tls import make_certificate, tls_in_front_of

FAILOVER_SECONDS = 30


def ask(url: str) -> object:
    """What PostgreSQL answers through a connection of the service."""
    database = Database(url)
    try:
        with database.transaction() as connection:
            return connection.execute("SELECT 1").fetchone()
    finally:
        database.close()


def test_the_certificate_is_verified_to_its_authority_and_to_the_servers_name(
    postgres: Postgres, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path)
    (tmp_path / "other").mkdir()
    stranger = make_certificate(tmp_path / "other")
    parts = psycopg.conninfo.conninfo_to_dict(postgres.url)
    user, name = parts["user"], parts["dbname"]

    with tls_in_front_of(int(parts["port"] or 0), certificate, postgres=True) as port:

        def url(host: str, authority: Path) -> str:
            # As the stack makes it: infra/aws/environment.py.
            login = f"{user}:{parts['password']}" if parts.get("password") else user
            return f"postgresql://{login}@{host}:{port}/{name}?sslmode=verify-full&sslrootcert={authority}"

        assert ask(url("127.0.0.1", certificate)) == (1,)
        with pytest.raises(Unavailable):
            ask(url("127.0.0.1", stranger))
        with pytest.raises(Unavailable):
            ask(url("localhost", certificate))


def test_a_server_that_vanished_is_given_up_long_before_the_function_is(stack: None) -> None:
    with wiring.database().transaction() as connection:
        parameters = connection.info.get_parameters()

    assert int(parameters["tcp_user_timeout"]) <= 10_000
    knocks = int(parameters["keepalives_interval"]) * int(parameters["keepalives_count"])
    assert int(parameters["keepalives_idle"]) + knocks <= 20


def test_both_stores_fail_over_and_a_running_container_finds_them_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a container that has used its connections
    postgres, valkey = Postgres(tmp_path / "postgres"), Valkey(tmp_path / "valkey")
    postgres.start()
    valkey.start()
    try:
        with wired(monkeypatch, DATABASE_URL=postgres.url, REDIS_URL=valkey.url):
            import app

            wiring.migrate()
            api = Api(app.mint_token({"name": "agent"}, None)["token"])
            assert api.post("/monitoring/metrics", {"metricType": "orders", "value": 1}).status == 202
            assert api.get("/monitoring/metrics/catalog").status == 200

            # when both stores come back as other processes
            postgres.kill()
            valkey.kill()
            assert api.post("/monitoring/metrics", {"metricType": "orders", "value": 2}).status == 503
            begun = time.monotonic()
            postgres.start()
            valkey.start()

            # then it answers again, and what was acknowledged is there
            while api.get("/monitoring/metrics/catalog").status != 200:
                assert time.monotonic() - begun < FAILOVER_SECONDS
            assert api.post("/monitoring/metrics", {"metricType": "orders", "value": 3}).status == 202
            assert time.monotonic() - begun < FAILOVER_SECONDS
            live = api.get("/monitoring/metrics/realtime", types="orders").body["orders"]
            assert sorted(point["value"] for point in live) == [1, 3]
    finally:
        postgres.stop()
        valkey.stop()
