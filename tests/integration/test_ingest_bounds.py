"""What is kept for the sake of recording is bounded: points, keys, requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import redis

from chalicelib.wiring import ticking
from infra.local.postgres import Postgres
from infra.local.valkey import Valkey
from tests.call import Api
from tests.conftest import wired

METRICS = "/monitoring/metrics"
REALTIME = f"{METRICS}/realtime"


def test_the_live_window_holds_at_most_five_thousand_points_in_all(api: Api) -> None:
    names = [f"metric_{n}" for n in range(6)]
    for name in names:
        api.post(METRICS, [{"metricType": name, "value": 1}] * 1000)
    live = api.get(REALTIME, types=",".join(names))
    assert sum(len(points) for points in live.body.values()) == 5000
    assert live.headers["X-Truncated"] == "true"


def test_an_idempotency_key_is_remembered_for_two_hours_and_is_bounded(api: Api, valkey: Valkey) -> None:
    api.post(METRICS, {"metricType": "orders", "value": 1}, Idempotency_Key="k" * 255)
    refused = api.post(METRICS, {"metricType": "orders", "value": 1}, Idempotency_Key="k" * 256)
    with redis.Redis.from_url(valkey.url) as client:
        (key,) = client.keys("idempotency:*")
        assert 7190 <= client.ttl(key) <= 7200
    assert (refused.status, refused.body["field"]) == (400, "Idempotency-Key")


def test_every_key_in_valkey_but_the_stream_expires(api: Api, drain: Callable[[], Any], valkey: Valkey) -> None:
    sample = {"metricType": "orders", "value": 1, "tags": {"userId": "u1"}}
    api.post(METRICS, sample, Idempotency_Key="k")
    Api("pm_" + "0" * 64).post(METRICS, sample)
    drain()
    ticking.tick().run(60_000, now=time.time_ns() // 1_000_000)
    with redis.Redis.from_url(valkey.url) as client:
        lasting = {key.decode() for key in client.keys("*") if client.ttl(key) < 0}
    assert lasting == {"frames"}


def test_more_requests_a_second_than_a_token_may_make_are_429(
    stack: None, postgres: Postgres, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.api.endpoint.time.time_ns", lambda: 1_800_000_000_000_000_000)
    with wired(monkeypatch, DATABASE_URL=postgres.url, REDIS_URL=valkey.url, MAX_REQUESTS_PER_SECOND="2"):
        import app

        busy, other = (Api(app.mint_token({"scopes": ["ingest"]}, None)["token"]) for _ in range(2))
        replies = [busy.post(METRICS, {"metricType": "orders", "value": 1}) for _ in range(3)]
        assert [reply.status for reply in replies] == [202, 202, 429]
        assert replies[2].headers["Retry-After"] == "1"
        assert other.post(METRICS, {"metricType": "orders", "value": 1}).status == 202


def test_whoever_acknowledges_while_valkey_is_away_is_not_refused_for_want_of_a_count(
    stack: None, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wired(monkeypatch, DATABASE_URL=postgres.url, REDIS_URL="redis://127.0.0.1:1", MAX_REQUESTS_PER_SECOND="2"):
        import app

        caller = Api(app.mint_token({"scopes": ["read"]}, None)["token"])
        assert caller.get("/monitoring/alerts/active").status == 200
