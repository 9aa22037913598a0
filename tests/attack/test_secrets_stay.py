"""Secrets that were given once: whoever may change what they are for gets to see none of them, by no way round."""

from __future__ import annotations

from typing import Any

import pytest

from tests.attack.bodies import CHANNEL
from tests.call import Api
from tests.notifications.conftest import Cloud
from tests.notifications.receiver import Receiver, receiver

CHANNELS = "/monitoring/channels"
MINE = "https://mine.example/collect"
WEBHOOK = {"url": "https://hooks.example/a", "headers": {"Authorization": "Bearer of-the-company"}}
BOT = {"token": "xoxb-of-the-company", "channel": "C1"}
PAGER = {"routingKey": "K" * 32}


def manager(api: Api) -> Api:
    """Somebody who may change channels and nothing about tokens."""
    return Api(api.post("/monitoring/tokens", {"name": "m", "scopes": ["manage"]}).body["token"])


@pytest.fixture
def owner(cloud: Cloud) -> Api:
    """Who set the channels up."""
    import app

    return Api(app.mint_token({"name": "owner", "scopes": ["admin"]}, None)["token"])


def channel(api: Api, type_name: str, config: dict[str, Any]) -> str:
    """A channel's path."""
    created = api.post(CHANNELS, {"name": type_name, "type": type_name, "config": config})
    assert created.status == 201, created.body
    return f"{CHANNELS}/{created.body['id']}"


@pytest.mark.parametrize(
    ("type_name", "config", "change", "secret"),
    [
        ("webhook", WEBHOOK, {"url": MINE}, "headers"),
        ("webhook", WEBHOOK, {"url": "http://hooks.example/a"}, "headers"),
        ("webhook", WEBHOOK, {"url": "https://hooks.example:8443/a"}, "headers"),
        ("slack", BOT, {"channel": "C1", "apiUrl": MINE}, "token"),
        ("pagerduty", PAGER, {"url": MINE}, "routingKey"),
    ],
    ids=["webhook", "webhook in the open", "webhook at another port", "slack", "pagerduty"],
)
def test_a_channels_secret_is_not_sent_to_another_server(
    owner: Api, type_name: str, config: dict[str, Any], change: dict[str, Any], secret: str
) -> None:
    path = channel(owner, type_name, config)

    moved = manager(owner).call("PATCH", path, {"config": change})
    assert (moved.status, moved.body["field"]) == (400, f"config.{secret}")
    assert "again" in moved.body["detail"]

    given_again = manager(owner).call("PATCH", path, {"config": change | {secret: config[secret]}})
    assert given_again.status == 200


def test_a_channel_changes_without_its_secrets_where_its_server_stays(owner: Api) -> None:
    for type_name, config, change in (
        ("webhook", WEBHOOK, {}),
        ("webhook", WEBHOOK | {"headers": None}, {"url": MINE}),
        ("slack", BOT, {"channel": "C2"}),
        ("pagerduty", PAGER, {}),
    ):
        path = channel(owner, type_name, config)
        changed = manager(owner).call("PATCH", path, {"name": f"{type_name} two", "config": change})
        assert changed.status == 200, changed.body
        assert owner.delete(path).status == 204


def test_what_a_moved_channel_sends_holds_only_what_was_given_for_it(owner: Api, cloud: Cloud) -> None:
    with receiver() as mine:
        path = channel(owner, "webhook", WEBHOOK)
        changed = manager(owner).call("PATCH", path, {"config": {"url": mine.url, "headers": {}}})
        assert changed.status == 200
        assert owner.post(f"{path}/test").status == 202
        cloud.notify()
    assert everything_in(mine)
    assert "of-the-company" not in everything_in(mine)


def test_no_secret_is_in_any_answer_or_in_the_audit_trail(owner: Api) -> None:
    target = {"name": "t", "type": "prometheus", "url": "http://a.example/m", "bearerToken": "of-the-company"}
    assert owner.post("/monitoring/targets", target).status == 201
    path = channel(owner, "webhook", WEBHOOK)
    owner.call("PATCH", path, {"name": "other"})
    owner.call("PATCH", path, CHANNEL)
    owner.delete(path)
    for shown in ("/monitoring/targets", "/monitoring/channels", "/monitoring/audit", "/monitoring/notifications"):
        answer = owner.raw("GET", shown)
        assert answer["statusCode"] == 200
        assert "of-the-company" not in answer["body"]
        assert "hooks.example/a" not in answer["body"]


def everything_in(got: Receiver) -> str:
    """What came, headers and all."""
    return "".join(f"{each.headers} {each.raw!r}" for each in got.got)
