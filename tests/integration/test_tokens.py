"""Tokens: shown once, kept as a digest, revoked for good."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from chalicelib import wiring
from chalicelib.storage.postgres.tick import PostgresHousekeeping
from infra.local.postgres import Postgres
from tests.call import Api

TOKENS = "/monitoring/tokens"
METRICS = "/monitoring/metrics"
SESSIONS = "/monitoring/sessions"
SAMPLE = {"metricType": "orders", "value": 1}


def test_a_token_is_shown_once_and_its_secret_is_nowhere(api: Api, postgres: Postgres) -> None:
    created = api.post(TOKENS, {"name": "agent", "scopes": ["ingest"]})
    listed = api.get(TOKENS)

    secret = created.body["token"]
    assert created.status == 201
    assert len(secret) == 3 + 64
    assert secret not in str(listed.body)
    assert {token["name"] for token in listed.body["tokens"]} == {"test", "agent"}
    with psycopg.connect(postgres.url) as connection:
        assert secret not in str(connection.execute("SELECT * FROM tokens").fetchall())


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (["ingest"], {"record"}),
        (["read"], {"read"}),
        (["manage"], {"read"}),
        (["ingest", "read"], {"record", "read"}),
        (["admin"], {"record", "read", "administer"}),
    ],
)
def test_a_token_may_do_what_its_scopes_say_and_nothing_else(api: Api, scopes: list[str], allowed: set[str]) -> None:
    caller = Api(api.post(TOKENS, {"name": "x", "scopes": scopes}).body["token"])
    statuses = {
        "record": caller.post(METRICS, SAMPLE).status,
        "read": caller.get(f"{METRICS}/realtime", types="orders").status,
        "administer": caller.get(TOKENS).status,
    }
    assert {what for what, status in statuses.items() if status < 300} == allowed
    assert {status for what, status in statuses.items() if what not in allowed} <= {403}


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer wrong", "Bearer pm_" + "0" * 64]
)
def test_no_token_and_a_wrong_token_are_401(api: Api, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    reply = Api(None).call("POST", METRICS, SAMPLE, headers=headers)
    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert reply.headers["Content-Type"] == "application/problem+json"


def test_an_expired_token_is_401(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    expires = datetime.now(UTC) + timedelta(hours=1)
    caller = Api(api.post(TOKENS, {"name": "x", "scopes": ["ingest"], "expiresAt": expires.isoformat()}).body["token"])
    assert caller.post(METRICS, SAMPLE).status == 202

    later = (expires + timedelta(seconds=1)).timestamp()
    monkeypatch.setattr("chalicelib.api.endpoint.time.time_ns", lambda: int(later * 1e9))

    assert caller.post(METRICS, SAMPLE).status == 401


def test_a_revoked_token_stops_working_within_30_seconds(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    created = api.post(TOKENS, {"name": "x", "scopes": ["ingest"]}).body
    caller = Api(created["token"])
    assert caller.post(METRICS, SAMPLE).status == 202

    assert api.delete(f"{TOKENS}/{created['id']}").status == 204
    soon = datetime.now(UTC).timestamp() + 30
    monkeypatch.setattr("chalicelib.api.endpoint.time.time_ns", lambda: int(soon * 1e9))

    assert caller.post(METRICS, SAMPLE).status == 401


def test_the_last_admin_token_cannot_be_deleted(api: Api) -> None:
    (token,) = api.get(TOKENS).body["tokens"]
    refused = api.delete(f"{TOKENS}/{token['id']}")
    api.post(TOKENS, {"name": "second", "scopes": ["admin"]})
    accepted = api.delete(f"{TOKENS}/{token['id']}")
    assert (refused.status, accepted.status) == (409, 204)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scopes": ["read"]}, "name"),
        ({"name": "", "scopes": ["read"]}, "name"),
        ({"name": "x" * 101, "scopes": ["read"]}, "name"),
        ({"name": "x"}, "scopes"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["root"]}, "scopes.0"),
        ({"name": "x", "scopes": ["read"], "expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"name": "x", "scopes": ["read"], "expiresAt": "2030-01-01T00:00:00"}, "expiresAt"),
        ({"name": "x", "scopes": ["read"], "id": "tok_1"}, "id"),
    ],
)
def test_a_wrong_field_of_a_new_token_is_named(api: Api, body: dict[str, object], field: str) -> None:
    reply = api.post(TOKENS, body)
    assert (reply.status, reply.body["field"]) == (400, field)


def test_valkey_losing_everything_locks_nobody_out(api: Api) -> None:
    wiring.valkey().run(("FLUSHALL",))
    wiring.authenticate.cache_clear()
    assert api.post(METRICS, SAMPLE).status == 202


def test_guessing_tokens_is_slowed_down_for_the_guesser_alone(api: Api) -> None:
    guesser = Api("pm_" + "1" * 64, address="203.0.113.9")
    statuses = [guesser.post(METRICS, SAMPLE).status for _ in range(40)]
    assert statuses[:30] == [401] * 30
    assert statuses[-1] == 429
    assert api.post(METRICS, SAMPLE).status == 202


def test_whoever_has_a_network_of_ipv6_guesses_no_faster(api: Api) -> None:
    statuses = [
        Api(f"pm_{number:064x}", address=f"2001:db8:1:2:{number:x}::1").post(METRICS, SAMPLE).status
        for number in range(40)
    ]
    assert (statuses[0], statuses[-1]) == (401, 429)
    assert Api("pm_" + "3" * 64, address="2001:db8:1:3::1").post(METRICS, SAMPLE).status == 401
    assert Api(api.token, address="2001:db8:1:2::1").post(METRICS, SAMPLE).status == 202


def test_an_ipv4_address_in_ipv6_is_counted_as_what_it_is(api: Api) -> None:
    for number in range(40):
        Api(f"pm_{number:064x}", address="::ffff:203.0.113.9").post(METRICS, SAMPLE)
    assert Api("pm_" + "3" * 64, address="203.0.113.9").post(METRICS, SAMPLE).status == 429
    assert Api("pm_" + "3" * 64, address="::ffff:203.0.113.10").post(METRICS, SAMPLE).status == 401


def test_a_token_has_so_many_sessions_and_the_oldest_gives_way(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.services.tokens.MAX_SESSIONS", 2)
    reader = api.post(TOKENS, {"name": "reader", "scopes": ["read"]}).body["token"]
    cookies = [Api(None).post(SESSIONS, {"token": reader}).headers["Set-Cookie"].partition(";")[0] for _ in range(3)]

    def status(cookie: str) -> int:
        return Api(None).call("GET", f"{SESSIONS}/current", headers={"Cookie": cookie}).status

    assert [status(cookie) for cookie in cookies] == [401, 200, 200]
    assert Api(reader).get("/monitoring/alerts/active").status == 200


def test_sessions_that_are_over_leave_and_tokens_a_month_later(api: Api) -> None:
    Api(None).post(SESSIONS, {"token": api.token})
    now = datetime.now(UTC)
    api.post(TOKENS, {"name": "passing", "scopes": ["read"], "expiresAt": (now + timedelta(hours=1)).isoformat()})

    def names_after(wait: timedelta) -> list[str]:
        PostgresHousekeeping(wiring.database()).run(round((now + wait).timestamp() * 1000))
        return sorted(token["name"] for token in api.get(TOKENS).body["tokens"])

    assert names_after(timedelta(hours=11)) == ["Dashboard session: test", "passing", "test"]
    assert names_after(timedelta(hours=13)) == ["passing", "test"]
    assert names_after(timedelta(days=32)) == ["test"]


def test_who_made_and_who_revoked_a_token_stands_in_the_audit_trail(api: Api) -> None:
    made = api.post(TOKENS, {"name": "agent", "scopes": ["ingest"]}).body
    api.delete(f"{TOKENS}/{made['id']}")

    trail = api.get("/monitoring/audit", resource="token")
    told = [(each["actor"], each["action"], each["resourceId"]) for each in trail.body["entries"]]
    assert told[:2] == [("test", "revoked", made["id"]), ("test", "created", made["id"])]
    assert told[2][:2] == ("mint_token", "created")
    assert trail.body["entries"][1]["after"] == {"name": "agent", "scopes": ["ingest"], "expiresAt": None}
    assert "pm_" not in str(trail.body)


def test_no_token_reaches_the_log(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = api.post(TOKENS, {"name": "x", "scopes": ["ingest"]}).body["token"]
    Api(secret).post(METRICS, SAMPLE)
    Api("pm_" + "2" * 64).post(METRICS, SAMPLE)
    assert "pm_" not in caplog.text
