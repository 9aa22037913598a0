"""Receivers that mean no good: whatever they answer, the delivery ends, and the ledger says how."""

from __future__ import annotations

import pytest

from tests.attack.conftest import administrator
from tests.call import Api
from tests.notifications.conftest import Cloud
from tests.notifications.receiver import Receiver, receiver

BODIES = [
    b"[" * 20_000,
    b"[]",
    b"null",
    b'"ok"',
    b"{}",
    b'{"ok": true}',
    b'{"ok": true, "ts": 5, "channel": ["C1"]}',
    b'{"ok": true, "ts": "a\\u0000b", "channel": "\\ud800"}',
    b'{"ok": true, "ts": "' + b"9" * 50_000 + b'", "channel": "C1"}',
    b'{"ok": false, "error": {"a": "<script>"}}',
    b'{"ok": 1e999, "error": null}',
    b"\xff\xfe\x00",
    b"",
]
HEADERS = [
    {"X-Request-Id": "a\x00b\x1b[31m\xe9"},
    {"X-Request-Id": "x" * 5_000},
    {"Retry-After": "9" * 30},
    {"Retry-After": "Sat, 31 Dec 9999 23:59:59 -2359"},
    {"Content-Length": "-5"},
]
ENDS = {"sent", "failed", "dispatched", "uncertain"}  # dispatched: it is tried again later


@pytest.fixture
def api(cloud: Cloud) -> Api:
    """Who set the channels up."""
    return administrator()


def told_after(api: Api, cloud: Cloud, config: dict[str, object], type_name: str) -> str:
    """Send a test over a new channel; what the ledger says of it once all receipts are written."""
    body = {"name": type_name, "type": type_name, "config": config}
    channel = api.post("/monitoring/channels", body).body["id"]
    sent = api.post(f"/monitoring/channels/{channel}/test").body["notificationId"]
    cloud.run()
    found = api.get(f"/monitoring/notifications/{sent}")
    assert found.status == 200
    assert found.body["attempts"]
    assert api.delete(f"/monitoring/channels/{channel}").status == 204
    return str(found.body["state"])


def answering(got: Receiver, status: int, headers: dict[str, str], body: bytes) -> None:
    """From now on."""
    got.always, got.body = (status, headers), body


def test_no_body_of_an_answer_stops_a_bot_of_slack(api: Api, cloud: Cloud) -> None:
    with receiver() as hostile:
        for body in BODIES:
            answering(hostile, 200, {}, body)
            config: dict[str, object] = {"token": "xoxb-1", "channel": "C1", "apiUrl": hostile.url}
            assert told_after(api, cloud, config, "slack") in ENDS, body[:60]


def test_no_header_of_an_answer_stops_a_webhook(api: Api, cloud: Cloud) -> None:
    with receiver() as hostile:
        for status in (200, 429):
            for headers in HEADERS:
                answering(hostile, status, headers, b"{}")
                assert told_after(api, cloud, {"url": hostile.url}, "webhook") in ENDS, headers


def test_an_error_repeats_no_control_character_of_what_it_is_about(api: Api) -> None:
    """Others keep and show what an error says: the collector as the reason why a sample was not taken."""
    reply = api.post("/monitoring/metrics", {"metricType": "a", "value": 1, "k\x00\x1b[2J": 1})
    assert reply.status == 400
    assert reply.body["field"] == "k\\u0000\\u001b[2J"
    assert "\x00" not in str(reply.body)
