"""Each type of channel against a real local server, by the API: config, delivery, updates, what is refused."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.alerts import State
from chalicelib.domain.episodes import Change, Episode
from chalicelib.domain.lifecycle import Acknowledgement
from chalicelib.wiring import notifications
from tests.call import Api
from tests.notifications.conftest import NOW, Cloud, Story, keep_rule, rule
from tests.notifications.receiver import Receiver

KEY = "R0UT1NGKEY" + "a" * 22


def add(api: Api, type_name: str, config: dict[str, Any]) -> str:
    """A channel."""
    created = api.post("/monitoring/channels", {"name": type_name, "type": type_name, "config": config})
    assert created.status == 201, created.body
    channel_id: str = created.body["id"]
    return channel_id


def acknowledged(story: Story, episode: Episode, now: int) -> Episode:
    """Somebody has it in hand."""
    after = replace(episode, acknowledgement=Acknowledgement("anna", now), version=episode.version + 1)
    story.tick(now, Change(State.FIRING, after, story.rule))
    return after


def tell_a_life(cloud: Cloud, channel: str) -> None:
    """Firing, acknowledged, resolved."""
    story = Story(keep_rule(rule(channels=[channel])))
    episode = story.fire(NOW)
    cloud.run(NOW)
    episode = acknowledged(story, episode, NOW + 10_000)
    cloud.run(NOW + 10_000)
    story.resolve(NOW + 60_000, episode)
    cloud.run(NOW + 60_000)


def test_a_slack_bot_keeps_one_message_an_alert_edited_with_replies_below(
    api: Api, cloud: Cloud, hook: Receiver
) -> None:
    hook.body = json.dumps({"ok": True, "ts": "171.001", "channel": "C123"}).encode()
    tell_a_life(cloud, add(api, "slack", {"token": "xoxb-secret", "channel": "#alerts", "apiUrl": hook.url}))

    calls = [(got.path, got.body.get("ts"), got.body.get("thread_ts")) for got in hook.got]
    assert calls == [
        ("/chat.postMessage", None, None),
        ("/chat.update", "171.001", None),  # acknowledged: shown, and nobody is called for it
        ("/chat.update", "171.001", None),
        ("/chat.postMessage", None, "171.001"),
    ]
    assert all(got.headers["authorization"] == "Bearer xoxb-secret" for got in hook.got)
    assert [block["type"] for block in hook.got[0].body["blocks"]][-1] == "actions"
    assert [block["type"] for block in hook.got[2].body["blocks"]][-1] != "actions"
    reasons = [(str(each.entry.reason), str(each.state)) for each in notifications.ledger().of_alert("alert_a")]
    assert reasons == [("firing", "sent"), ("acknowledged", "sent"), ("resolved", "sent")]


@pytest.mark.parametrize(
    ("error", "state"), [("ratelimited", "dispatched"), ("channel_not_found", "failed"), ("invalid_auth", "failed")]
)
def test_what_slack_refuses_is_said_in_its_words(
    api: Api, cloud: Cloud, hook: Receiver, error: str, state: str
) -> None:
    hook.body = json.dumps({"ok": False, "error": error}).encode()
    channel = add(api, "slack", {"token": "xoxb-secret", "channel": "C1", "apiUrl": hook.url})
    Story(keep_rule(rule(channels=[channel]))).fire(NOW)
    cloud.run(NOW)
    (told,) = notifications.ledger().of_alert("alert_a")
    assert (str(told.state), told.error) == (state, f"Slack refused it: {error}.")


def test_an_incoming_webhook_of_slack_gets_a_message_each(api: Api, cloud: Cloud, hook: Receiver) -> None:
    tell_a_life(cloud, add(api, "slack", {"url": f"{hook.url}/services/T/B/x"}))
    assert [got.body["text"] for got in hook.got] == [
        ":large_orange_circle: High: High CPU on host=web-1",
        ":white_check_mark: Resolved: High CPU on host=web-1",
    ]


def test_pagerduty_gets_trigger_acknowledge_and_resolve_with_one_key(api: Api, cloud: Cloud, hook: Receiver) -> None:
    tell_a_life(cloud, add(api, "pagerduty", {"routingKey": KEY, "url": hook.url}))
    assert [got.body["event_action"] for got in hook.got] == ["trigger", "acknowledge", "resolve"]
    assert len({got.body["dedup_key"] for got in hook.got}) == 1
    assert {got.body["routing_key"] for got in hook.got} == {KEY}


def test_teams_gets_cards(api: Api, cloud: Cloud, hook: Receiver) -> None:
    tell_a_life(cloud, add(api, "teams", {"url": hook.url}))
    cards = [got.body["attachments"][0]["content"] for got in hook.got]
    assert [card["body"][0]["color"] for card in cards] == ["attention", "good"]


@pytest.mark.parametrize(
    ("type_name", "config", "field"),
    [
        ("webhook", {}, "config.url"),
        ("webhook", {"url": "ftp://x"}, "config.url"),
        ("webhook", {"url": "http://a.example", "secret": "short"}, "config.secret"),
        ("webhook", {"url": "http://a.example", "headers": {"Host": "b"}}, "config.headers"),
        ("webhook", {"url": "http://a.example", "headers": {"X-A": "b\r\nc: d"}}, "config.headers"),
        ("webhook", {"url": "http://user:pw@a.example"}, "config.url"),
        ("email", {}, "config.to"),
        ("email", {"to": ["nobody"]}, "config.to.0"),
        ("email", {"to": ["a@b.example\r\nBcc: c@d.example"]}, "config.to.0"),
        ("slack", {"token": "xoxp-user", "channel": "C1"}, "config.token"),
        ("slack", {"token": "xoxb-1"}, "config.channel"),
        ("slack", {"channel": "C1"}, "config.token"),
        ("pagerduty", {"routingKey": "x"}, "config.routingKey"),
        ("pagerduty", {}, "config.routingKey"),
        ("teams", {"url": "x"}, "config.url"),
        ("carrier-pigeon", {}, "type"),
        ("email", {"to": ["a@b.example"], "cc": []}, "config.cc"),
    ],
)
def test_a_mistake_in_a_config_is_named(api: Api, type_name: str, config: dict[str, Any], field: str) -> None:
    refused = api.post("/monitoring/channels", {"name": "x", "type": type_name, "config": config})
    assert (refused.status, refused.body.get("field")) == (400, field), refused.body


@pytest.mark.parametrize(
    ("type_name", "config"),
    [
        ("webhook", {"url": "{url}/T0KEN", "secret": "whsec_" + "QUJD" * 10, "headers": {"X-Key": "T0KEN"}}),
        ("slack", {"url": "{url}/T0KEN"}),
        ("slack", {"token": "xoxb-T0KEN", "channel": "C1", "apiUrl": "{url}"}),
        ("pagerduty", {"routingKey": "T0KEN" + "a" * 27, "url": "{url}"}),
        ("teams", {"url": "{url}/T0KEN"}),
    ],
    ids=["webhook", "slack", "slack bot", "pagerduty", "teams"],
)
def test_no_secret_is_seen_in_any_answer_log_receipt_or_audit(
    api: Api,
    cloud: Cloud,
    hook: Receiver,
    caplog: pytest.LogCaptureFixture,
    type_name: str,
    config: dict[str, Any],
) -> None:
    given = json.loads(json.dumps(config).replace("{url}", hook.url))
    channel = add(api, type_name, given)
    caplog.set_level("DEBUG")
    Story(keep_rule(rule(channels=[channel]))).fire(NOW)
    for status in (500, 0, 404):
        hook.answers.append((status, {}))
        cloud.run(NOW)
        api.post(f"/monitoring/channels/{channel}/test")
        cloud.run(NOW)
    shown = [
        api.get(f"/monitoring/channels/{channel}").body,
        api.get("/monitoring/channels").body,
        api.get("/monitoring/notifications").body,
        api.get("/monitoring/audit").body,
        api.call("PATCH", f"/monitoring/channels/{channel}", {"name": "renamed"}).body,
    ]
    assert len(hook.got) >= 3
    logged = [each for each in caplog.messages if "urllib3" not in each]
    for text in (*map(json.dumps, shown), *logged):
        assert "T0KEN" not in text
        assert not re.search(r"whsec_QUJD", text)


def test_a_changed_secret_signs_beside_the_old_one_and_unnamed_ones_stay(
    api: Api, cloud: Cloud, hook: Receiver
) -> None:
    from chalicelib.channels.webhook import sign

    old, new = "whsec_" + "QUJD" * 10, "whsec_" + "REVG" * 10
    channel = add(api, "webhook", {"url": hook.url, "secret": old})
    changed = api.call("PATCH", f"/monitoring/channels/{channel}", {"config": {"secret": new}})
    api.post(f"/monitoring/channels/{channel}/test")
    cloud.notify()

    assert changed.status == 200
    assert changed.body["config"]["host"] == "127.0.0.1"
    (got,) = hook.got
    given = got.headers["webhook-id"], got.headers["webhook-timestamp"]
    assert got.headers["webhook-signature"].split() == [sign(key, *given, got.raw) for key in (new, old)]


def test_a_receiver_that_is_gone_switches_its_channel_off_and_says_why(api: Api, cloud: Cloud, hook: Receiver) -> None:
    channel = add(api, "webhook", {"url": hook.url})
    hook.always = (410, {})
    story = Story(keep_rule(rule(channels=[channel])))
    story.fire(NOW)
    cloud.run(NOW)
    story.fire(NOW + 10_000, "b", "web-2")
    cloud.run(NOW + 10_000)

    shown = api.get(f"/monitoring/channels/{channel}").body
    assert shown["enabled"] is False
    assert "gone for good" in shown["disabledReason"]
    assert len(hook.got) == 1
    (second,) = notifications.ledger().of_alert("alert_b")
    assert str(second.entry.reason) == "channel_disabled"
    # and whoever switches it on again is told what fires meanwhile
    hook.always = (200, {})
    assert api.call("PATCH", f"/monitoring/channels/{channel}", {"enabled": True}).body["disabledReason"] is None
    story.tick(NOW + 20_000)
    cloud.run(NOW + 20_000)
    assert [got.body["alert"]["id"] for got in hook.got] == ["alert_a", "alert_b"]
