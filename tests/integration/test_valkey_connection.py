"""The connection to Valkey: a replica's acknowledgement, verified TLS, and what is wrong told without the password."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
import redis

from chalicelib import wiring
from chalicelib.domain.errors import Unavailable
from chalicelib.storage.valkey.connection import Valkey
from infra.local.postgres import Postgres
from infra.local.valkey import Valkey as Server
from tests.call import Api
from tests.conftest import wired
from tests.infra.local.eventually import eventually
from tests.tls import make_certificate, tls_in_front_of

METRICS = "/monitoring/metrics"
EVENT = {"metricType": "orders", "value": 1}


def test_with_a_replica_asked_for_a_202_means_that_it_has_the_frame(
    stack: None, postgres: Postgres, valkey: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wired(monkeypatch, DATABASE_URL=postgres.url, REDIS_URL=valkey.url, VALKEY_REPLICAS="1"):
        import app

        api = Api(app.mint_token({"scopes": ["admin"]}, None)["token"])

        # given no replica: the frame lies in the primary alone, and that is not enough
        refused = api.post(METRICS, EVENT, Idempotency_Key="one")
        assert (refused.status, refused.headers["Retry-After"]) == (503, "1")

        # when there is one, then the same request is accepted, and counts once
        replica = Server(tmp_path / "replica", appendfsync="no")
        replica.start()
        try:
            with redis.Redis.from_url(replica.url) as client, redis.Redis.from_url(valkey.url) as primary:
                primary.config_set("repl-diskless-sync-delay", 0)
                client.config_set("masterauth", primary.connection_pool.connection_kwargs["password"])
                client.replicaof("127.0.0.1", valkey.port)
                accepted = eventually(lambda: api.post(METRICS, EVENT, Idempotency_Key="one").status == 202)
                assert accepted
                assert client.xlen("frames") == primary.xlen("frames") == 1
                client.replicaof("NO", "ONE")
        finally:
            replica.stop()
        drained = wiring.drain().run(time.time_ns() // 1_000_000)
        assert (drained.samples, drained.lost) == (1, 0)


def test_tls_is_spoken_and_its_certificate_is_verified(
    valkey: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    with redis.Redis.from_url(valkey.url) as client:
        password = client.connection_pool.connection_kwargs["password"]
    with tls_in_front_of(valkey.port, certificate) as port:
        url = f"rediss://:{password}@127.0.0.1:{port}/0"
        stranger = Valkey(url)
        with pytest.raises(Unavailable):
            stranger.run(("PING",))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        known = Valkey(url)
        assert known.value("PING") == b"PONG"
        assert known.value("ECHO", b"x" * 500_000) == b"x" * 500_000
        known.close()


def test_a_wrong_password_is_told_without_it(valkey: Server) -> None:
    with pytest.raises(Unavailable, match="refuses REDIS_URL's user, password or database") as caught:
        Valkey(f"redis://:wrong-secret@127.0.0.1:{valkey.port}/0").run(("PING",))
    assert "wrong-secret" not in str(caught.value)


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.storage.valkey.connection._TIMEVAL", b"\0" * 8 + (50_000).to_bytes(8, "little"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connection = Valkey(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        with pytest.raises(Unavailable):
            connection.run(("PING",))


def test_a_connection_that_was_cut_is_opened_again(valkey: Server) -> None:
    connection = Valkey(valkey.url)
    connection.run(("PING",))
    with redis.Redis.from_url(valkey.url) as client:
        client.client_kill_filter(skipme=True, _type="normal")
    assert connection.value("PING") == b"PONG"
    assert connection.reconnected
    connection.close()
