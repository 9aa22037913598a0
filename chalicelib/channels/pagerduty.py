"""PagerDuty: Events API v2; trigger, acknowledge and resolve share the alert's dedup key."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from chalicelib.channels.answers import post
from chalicelib.channels.http import Http
from chalicelib.domain.deliveries import Delivered, DeliveryFailed, Letter
from chalicelib.domain.fields import Fields
from chalicelib.domain.instants import to_iso
from chalicelib.domain.notifications import Reason
from chalicelib.domain.urls import read_url
from chalicelib.rendering.words import compose

URL = "https://events.pagerduty.com/v2/enqueue"
_SEVERITIES = {"low": "info", "medium": "warning", "high": "error", "critical": "critical"}


@dataclass(frozen=True, slots=True)
class PagerDuty:
    """Sends events. One event may be sent twice: PagerDuty knows by its key that it is the same incident."""

    http: Http

    def send(self, letter: Letter) -> Delivered:
        """Deliver. Raises DeliveryFailed."""
        body = json.dumps(event_of(letter)).encode()
        url = letter.job.target.config.get("url") or URL
        try:
            answer = post(self.http, url, {"Content-Type": "application/json"}, body, now=letter.now)
        except DeliveryFailed as error:
            if error.status == 400:
                error.message = "PagerDuty refused the event (400): is the routing key right?"
            raise
        return Delivered(key_of(letter), answer.status)


def event_of(letter: Letter) -> dict[str, Any]:
    """The event of a letter."""
    job = letter.job
    notice = job.notice
    event: dict[str, Any] = {
        "routing_key": letter.secrets["routingKey"],
        "event_action": _action(letter),
        "dedup_key": key_of(letter),
    }
    if event["event_action"] != "trigger":
        return event
    message = compose(job, possible_duplicate=letter.possible_duplicate)
    return event | {
        "client": "Performance Monitoring Service",
        "links": [{"href": url, "text": label} for label, url in message.links],
        "payload": {
            "summary": message.headline[:1024],
            "source": notice.tags.get("host") or notice.rule_name or "perfmon",
            "severity": _SEVERITIES.get(notice.severity, "warning"),
            "timestamp": to_iso(notice.fired_at or notice.at),
            "class": notice.metric_type,
            "custom_details": dict(message.facts),
        },
    }


def key_of(letter: Letter) -> str:
    """The key of the alert's incident; a test has one of its own."""
    return blake2b(letter.job.thread.encode(), digest_size=16).hexdigest()


def _action(letter: Letter) -> str:
    notice = letter.job.notice
    if notice.state == "resolved":
        return "resolve"
    return "acknowledge" if notice.reason == Reason.ACKNOWLEDGED else "trigger"


def read_config(
    fields: Fields, kept: frozenset[str], random_bytes: Callable[[int], bytes]
) -> tuple[dict[str, Any], dict[str, str]]:
    """`{"routingKey", "url"?}`; the url is for PagerDuty's service region in Europe."""
    key = fields.text("routingKey", most=64, default="" if "routingKey" in kept else None)
    if key and not re.fullmatch(r"[0-9a-zA-Z]{32}", key):
        fields.refuse("routingKey", "must be an integration key of 32 letters and digits")
    public = {"url": read_url(fields, "url", kept=False)} if fields.has("url") else {}
    fields.skip("url")
    return public, {"routingKey": key} if key else {}
