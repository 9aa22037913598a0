"""Buttons in Slack's messages: acknowledge, silence for an hour, resolve. Slack signs what it sends."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any
from urllib.parse import parse_qs

import msgspec

from chalicelib import settings
from chalicelib.api.endpoint import Answer, Resource
from chalicelib.api.request import Request
from chalicelib.api.texts import on_one_line, storable
from chalicelib.domain.errors import Conflict, Forbidden, InvalidInput
from chalicelib.domain.instants import to_iso
from chalicelib.wiring import alerting, notifications

slack_actions = Resource(__name__)
MAX_AGE_SECONDS = 300
HOUR_MS = 3_600_000


@slack_actions.endpoint("POST", "/integrations/slack/actions", scope=None, query=None)
def act(request: Request) -> Answer:
    """Do what somebody clicked in Slack; the request must carry Slack's signature."""
    body = request.text_body(most=200_000)
    _check(request, body)
    try:
        payload: dict[str, Any] = msgspec.json.decode(parse_qs(body)["payload"][0])
        action = payload["actions"][0]
        what, alert_id = str(action["action_id"]), storable("value", str(action["value"]))
        user = payload["user"]
        name = on_one_line(str(user.get("username") or user.get("name") or user["id"]))
    except (KeyError, IndexError, TypeError, AttributeError, msgspec.DecodeError):
        raise InvalidInput("payload: is not what Slack sends for a button.", field="payload") from None
    by = f"{name[:80]} (in Slack)"
    try:
        _do(what, alert_id, by, request.now)
    except Conflict:
        return Answer({"text": "It is resolved already."})
    notifications.dispatch().soon(request.now)
    return Answer({})


def _do(what: str, alert_id: str, by: str, now: int) -> None:
    respond = alerting.respond()
    if what == "acknowledge":
        respond.acknowledge(alert_id, by=by, comment="", expires_at=None, expected=None, now=now)
    elif what == "resolve":
        respond.resolve(alert_id, by=by, comment="", expected=None, now=now)
    elif what == "silence":
        episode, _ = alerting.history().get(alert_id)
        tags = {key: _exactly(value) for key, value in episode.tags.items()}
        body = {"ruleId": episode.rule_id, "tags": tags or None, "endsAt": to_iso(now + HOUR_MS)}
        alerting.silencing().create_silence(body, author=by, now=now)
    else:
        raise InvalidInput("action_id: must be acknowledge, silence or resolve.", field="action_id")


def _exactly(value: str) -> str:
    """The expression that accepts this value and nothing else, also if it looks like a pattern or a negation."""
    return f"~{re.escape(value)}" if value.startswith(("~", "!")) else value


def _check(request: Request, body: str) -> None:
    """Slack's signature over the raw body, not older than five minutes."""
    secret = settings.current().slack_signing_secret
    timestamp = request.header("x-slack-request-timestamp")
    if not secret:
        raise Forbidden("SLACK_SIGNING_SECRET is not set: buttons in Slack are refused.")
    is_number = timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12
    if not is_number or abs(request.now / 1000 - int(timestamp)) > MAX_AGE_SECONDS:
        raise Forbidden("X-Slack-Request-Timestamp: must be within five minutes.")
    signed = hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(f"v0={signed}".encode(), request.header("x-slack-signature").encode()):
        raise Forbidden("X-Slack-Signature: does not fit the body.")
