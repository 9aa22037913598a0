"""What comes with a signature instead of a token: nobody forges it, and what is signed may still be hostile."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from urllib.parse import urlencode

import pytest

from chalicelib import settings, wiring
from chalicelib.domain.links import make_token
from tests.attack.conftest import World
from tests.attack.hostile import TEXTS

SECRET = "of-the-slack-app-and-of-nobody-else"
LINK_SECRET = "of-the-links-and-of-nobody-else"
NAMES = [name for name in TEXTS if name != "surrogate"]  # no encoder writes one into a form


@pytest.fixture(autouse=True)
def signed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With both secrets set."""
    monkeypatch.setenv("SLACK_SIGNING_SECRET", SECRET)
    monkeypatch.setenv("LINK_SECRET", LINK_SECRET)
    settings.current.cache_clear()


def confirm(world: World, token: str, **fields: str) -> tuple[int, str]:
    """Press the button behind a link."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    sent = urlencode(fields)
    reply = world.api.raw("POST", "/monitoring/confirm", sent, query={"token": token}, headers=form)
    return reply["statusCode"], reply["body"]


def slack(world: World, payload: object, *, secret: str = SECRET, age: int = 0) -> int:
    """Call as Slack does."""
    body = urlencode({"payload": json.dumps(payload)})
    stamp = str(int(time.time()) - age)
    signature = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signature}"}
    return int(world.api.raw("POST", "/integrations/slack/actions", body, headers=headers)["statusCode"])


def link(world: World, *, secret: str = LINK_SECRET, ago: int = 0) -> str:
    """What a link to the alert carries."""
    return make_token(secret, world.ids["alert_id"], time.time_ns() // 1_000_000 - ago)


def test_whoever_has_a_link_writes_nothing_that_breaks_or_marks_up(world: World) -> None:
    for name in NAMES:
        with wiring.database().transaction() as connection:  # the first to acknowledge stays: each is to be the first
            connection.execute("UPDATE alerts SET acknowledged_at = NULL, acknowledged_by = NULL")
        status, page = confirm(world, link(world), by=TEXTS[name], comment=TEXTS[name])
        assert status == (413 if name == "10 kB" else 200), name
        assert "<script>alert" not in page
        assert "<img" not in page
    kept = world.api.get(world.path("/monitoring/alerts/{alert_id}"))
    assert kept.status == 200
    assert kept.body["acknowledgedBy"].endswith("(by a link)")


def test_a_link_is_for_one_alert_for_one_day_and_by_one_secret(world: World) -> None:
    good = link(world)
    alert_id, expires, signature = good.split(".")
    forged = [
        link(world, secret="x"),
        link(world, ago=86_400_001),
        f"alert_other.{expires}.{signature}",
        f"{alert_id}.{int(expires) + 1}.{signature}",
        f"{alert_id}.{expires}.{'0' * 64}",
        f"{alert_id}.{expires}.",
        f" {good}",
        good + "\n",
        "",
    ]
    assert {confirm(world, token)[0] for token in forged} == {403}
    assert world.api.get(world.path("/monitoring/alerts/{alert_id}")).body["acknowledgedBy"] is None


def test_nobody_but_slack_clicks_its_buttons(world: World) -> None:
    click = {"actions": [{"action_id": "acknowledge", "value": world.ids["alert_id"]}], "user": {"id": "U1"}}
    assert slack(world, click, secret="x") == 403
    assert slack(world, click, age=301) == 403
    assert slack(world, click, age=-301) == 403
    assert slack(world, click) == 200


def test_no_click_of_slack_is_a_fault(world: World) -> None:
    for name, text in TEXTS.items():
        for action in ("acknowledge", "silence", "resolve", text):
            user = {"id": "U1", "username": text}
            click = {"actions": [{"action_id": action, "value": text}], "user": user}
            assert 400 <= slack(world, click) < 500, (name, action)
        acknowledge = {"action_id": "acknowledge", "value": world.ids["alert_id"]}
        assert slack(world, {"actions": [acknowledge], "user": {"username": text, "id": "U1"}}) < 500, name
    payloads: list[object] = [None, [], {}, {"actions": []}, {"actions": [1]}, {"actions": [{}], "user": 5}]
    for payload in payloads:
        assert slack(world, payload) == 400
