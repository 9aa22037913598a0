"""Acting out of a message: the acknowledge link's page, and Slack's buttons."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from urllib.parse import urlencode

import pytest

from chalicelib import settings
from chalicelib.domain.links import LIFE_MS, BadLink, alert_of, make_token
from chalicelib.wiring import alerting, notifications
from tests.call import Api
from tests.notifications.conftest import Cloud, Story, add_webhook, keep_rule, rule
from tests.notifications.receiver import Receiver

SECRET = "link-secret"
SIGNING = "slack-signing-secret"


@pytest.fixture
def story(api: Api, monkeypatch: pytest.MonkeyPatch) -> Story:
    """An alert is about to fire; links and Slack are configured."""
    monkeypatch.setenv("LINK_SECRET", SECRET)
    monkeypatch.setenv("SLACK_SIGNING_SECRET", SIGNING)
    settings.current.cache_clear()
    notifications.dispatch.cache_clear()
    return Story(keep_rule(rule(channels=["hook"])))


def now_ms() -> int:
    """The clock."""
    return time.time_ns() // 1_000_000


def page(api: Api, method: str, token: str, **form: str) -> tuple[int, str]:
    """The page behind a link."""
    import app

    event = {
        "resource": "/monitoring/confirm",
        "path": "/monitoring/confirm",
        "httpMethod": method,
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        "multiValueHeaders": {"Content-Type": ["application/x-www-form-urlencoded"]},
        "queryStringParameters": {"token": token},
        "multiValueQueryStringParameters": {"token": [token]},
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {"resourcePath": "/monitoring/confirm", "httpMethod": method, "requestId": "r"},
        "body": urlencode(form) if form else None,
        "isBase64Encoded": False,
    }
    reply = app.app(event, None)
    assert reply["headers"]["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in reply["headers"]["Content-Security-Policy"]
    return reply["statusCode"], reply["body"]


def test_the_link_of_a_message_asks_first_and_only_post_acknowledges(
    api: Api, cloud: Cloud, hook: Receiver, story: Story
) -> None:
    add_webhook(api, hook.url)
    story.fire(now_ms())
    cloud.run()
    link = hook.got[0].body["links"]["acknowledge"]
    token = link.partition("token=")[2]

    asked = page(api, "GET", token)
    before, _ = alerting.history().get("alert_a")
    done = page(api, "POST", token, by="Anna <b>", comment="on it")
    after, _ = alerting.history().get("alert_a")

    assert asked[0] == 200
    assert '<form method="post">' in asked[1]
    assert before.acknowledgement is None
    assert done[0] == 200
    assert "Anna &lt;b&gt;" in done[1]
    assert after.acknowledgement is not None
    assert (after.acknowledgement.by, after.acknowledgement.comment) == ("Anna <b> (by a link)", "on it")
    assert "has it in hand" in page(api, "GET", token)[1]


def test_a_link_that_was_changed_is_too_old_or_for_nothing_does_nothing(api: Api, story: Story) -> None:
    story.fire(now_ms())
    good = make_token(SECRET, "alert_a", now_ms())
    old = make_token(SECRET, "alert_a", now_ms() - LIFE_MS - 1)
    forged = good[:-1] + ("1" if good[-1] == "0" else "0")
    for bad in ("", "x", good.replace("alert_a", "alert_b"), forged, old, make_token("", "alert_a", now_ms())):
        for method in ("GET", "POST"):
            status, body = page(api, method, bad)
            assert (status, "does not work" in body) == (403, True)
    assert page(api, "GET", make_token(SECRET, "alert_gone", now_ms()))[0] == 404
    assert alerting.history().get("alert_a")[0].acknowledgement is None


def test_a_link_is_good_for_a_day() -> None:
    token = make_token("s", "alert_1", 1000)
    assert alert_of("s", token, 1000 + LIFE_MS - 1) == "alert_1"
    with pytest.raises(BadLink, match="older than a day"):
        alert_of("s", token, 1000 + LIFE_MS)


def click(api: Api, what: str, alert: str = "alert_a", *, age: int = 0, secret: str = SIGNING) -> int:
    """Somebody clicks a button in Slack; the status."""
    payload = {"user": {"id": "U1", "username": "anna"}, "actions": [{"action_id": what, "value": alert}]}
    body = urlencode({"payload": json.dumps(payload)})
    timestamp = str(int(time.time()) - age)
    signature = "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return Api(None).call("POST", "/integrations/slack/actions", body, headers=headers).status


def test_slacks_buttons_acknowledge_silence_and_resolve(api: Api, story: Story) -> None:
    story.fire(now_ms(), host="!odd")
    assert click(api, "acknowledge") == 200
    episode, _ = alerting.history().get("alert_a")
    assert episode.acknowledgement is not None
    assert episode.acknowledgement.by == "anna (in Slack)"

    assert click(api, "silence") == 200
    (silence,) = api.get("/monitoring/silences").body["silences"]
    assert silence["author"] == "anna (in Slack)"
    assert alerting.silence_book().relevant(now_ms())[0].scope.covers(episode.subject)

    assert click(api, "resolve") == 200
    assert alerting.history().get("alert_a")[0].alert.state == "resolved"
    assert click(api, "resolve") == 200  # somebody was faster: no error in Slack
    assert click(api, "explode") == 400


def test_what_slack_has_not_signed_is_refused(api: Api, story: Story) -> None:
    story.fire(now_ms())
    assert click(api, "acknowledge", age=301) == 403
    assert click(api, "acknowledge", secret="other") == 403
    assert Api(None).call("POST", "/integrations/slack/actions", "payload=x").status == 403
    assert alerting.history().get("alert_a")[0].acknowledgement is None
