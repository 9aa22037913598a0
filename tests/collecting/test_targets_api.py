"""Targets over the API: what they are, what is refused, and that their secrets never come out."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from infra.local.postgres import Postgres
from tests.call import Api

TARGETS = "/monitoring/targets"
NODE = {"name": "node", "type": "prometheus", "url": "http://exporter.example.com:9100/metrics"}


def test_a_target_is_created_read_changed_and_deleted(api: Api) -> None:
    created = api.post(TARGETS, {**NODE, "interval": 30, "labels": {"env": "prod"}})
    path = f"{TARGETS}/{created.body['id']}"

    # what is not given has its default, and nothing is known of scrapes yet
    assert created.status == 201
    assert created.body | NODE == created.body
    assert created.body["labels"] == {"env": "prod"}
    assert (created.body["interval"], created.body["timeout"]) == (30, 10)
    assert (created.body["state"], created.body["lastScrape"]) == ("unknown", None)
    assert api.get(path).body == created.body
    assert api.get(TARGETS).body == {"targets": [created.body], "next": None}

    changed = api.call("PATCH", path, {"interval": 60}, headers={"If_Match": created.headers["ETag"]})
    assert (changed.status, changed.body["interval"], changed.headers["ETag"]) == (200, 60, '"2"')
    assert changed.body["labels"] == {"env": "prod"}

    # whoever has not seen the change does not overwrite it
    late = api.call("PUT", path, {"interval": 10}, headers={"If_Match": created.headers["ETag"]})
    assert (late.status, late.body["current"]["interval"]) == (409, 60)

    assert api.delete(path).status == 204
    assert api.get(path).status == 404
    trail = api.get("/monitoring/audit").body["entries"]
    assert [each["action"] for each in trail if each["resource"] == "target"] == ["deleted", "changed", "created"]


def test_secrets_go_in_and_never_come_out(api: Api, postgres: Postgres) -> None:
    secrets = {"bearerToken": "s3cret-bearer", "headers": {"X-Api-Key": "s3cret-header"}}

    created = api.post(TARGETS, {**NODE, **secrets})

    assert created.body["secrets"] == ["bearerToken", "headers"]
    shown = json.dumps([created.body, api.get(TARGETS).body, api.get("/monitoring/audit").body])
    assert "s3cret" not in shown
    with psycopg.connect(postgres.url) as connection:
        kept = connection.execute("SELECT targets::text FROM targets").fetchall()
    assert "s3cret" not in str(kept)

    # what is not named stays, what is null goes
    path = f"{TARGETS}/{created.body['id']}"
    assert api.call("PATCH", path, {"interval": 30}).body["secrets"] == ["bearerToken", "headers"]
    assert api.call("PATCH", path, {"headers": None}).body["secrets"] == ["bearerToken"]


def test_secrets_are_not_taken_along_to_another_server(api: Api) -> None:
    created = api.post(TARGETS, {**NODE, "bearerToken": "s3cret"})
    path = f"{TARGETS}/{created.body['id']}"

    same = api.call("PATCH", path, {"url": "http://exporter.example.com:9100/other"})
    other = api.call("PATCH", path, {"url": "http://evil.example.com:9100/metrics"})
    again = api.call("PATCH", path, {"url": "http://evil.example.com:9100/metrics", "bearerToken": "another"})
    without = api.call("PATCH", path, {"url": "http://third.example.com/metrics", "bearerToken": None})

    assert (same.status, same.body["secrets"]) == (200, ["bearerToken"])
    assert (other.status, other.body["field"]) == (400, "url")
    assert "bearerToken" in other.body["detail"]
    assert (again.status, again.body["secrets"]) == (200, ["bearerToken"])
    assert (without.status, without.body["secrets"]) == (200, [])


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"type": "snmp"}, "type"),
        ({"type": None}, "type"),
        ({"name": ""}, "name"),
        ({"url": "ftp://exporter/metrics"}, "url"),
        ({"url": "http://user:password@exporter/metrics"}, "url"),
        ({"url": None}, "url"),
        ({"interval": 5}, "interval"),
        ({"interval": 17}, "interval"),
        ({"interval": 10, "timeout": 20}, "timeout"),
        ({"labels": {"__name__": "x"}}, "labels.__name__"),
        ({"labels": {"a": 1}}, "labels.a"),
        ({"relabel": [{"action": "replace", "regex": "x"}]}, "relabel.0.action"),
        ({"relabel": [{"action": "drop", "regex": "("}]}, "relabel.0.regex"),
        ({"relabel": [{"action": "drop"}]}, "relabel.0.regex"),
        ({"sampleLimit": 10**9}, "sampleLimit"),
        ({"bearerToken": "two words"}, "bearerToken"),
        ({"headers": {"Host": "elsewhere"}}, "headers"),
        ({"headers": {"X": "a\r\nHost: elsewhere"}}, "headers"),
        ({"intervall": 30}, "intervall"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(api: Api, given: dict[str, Any], field: str) -> None:
    refused = api.post(TARGETS, {**NODE, **given})

    assert refused.status == 400
    assert field in [each["field"] for each in refused.body["errors"]]


def test_a_name_is_taken_once(api: Api) -> None:
    api.post(TARGETS, NODE)
    other = api.post(TARGETS, {**NODE, "name": "other"})

    assert api.post(TARGETS, NODE).status == 409
    assert api.call("PATCH", f"{TARGETS}/{other.body['id']}", {"name": "node"}).status == 409


def test_only_administrators_see_and_change_targets(api: Api) -> None:
    import app

    manager = Api(app.mint_token({"name": "manager", "scopes": ["manage"]}, None)["token"])

    assert manager.get(TARGETS).status == 403
    assert manager.post(TARGETS, NODE).status == 403
