"""Microsoft Teams: an adaptive card to a workflow's webhook."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.channels.answers import post
from chalicelib.channels.http import Http
from chalicelib.domain.deliveries import Delivered, Letter
from chalicelib.domain.fields import Fields
from chalicelib.domain.urls import read_url, shown_host
from chalicelib.rendering.words import Message, compose

_COLOURS = {"low": "accent", "medium": "warning", "high": "attention", "critical": "attention"}
_MARKDOWN = re.compile(r"([\\`*_\[\]()<>#~|])")


@dataclass(frozen=True, slots=True)
class Teams:
    """Posts cards."""

    http: Http

    def send(self, letter: Letter) -> Delivered:
        """Deliver. Raises DeliveryFailed."""
        message = compose(letter.job, possible_duplicate=letter.possible_duplicate)
        body = json.dumps(card_of(message)).encode()
        answer = post(self.http, letter.secrets["url"], {"Content-Type": "application/json"}, body, now=letter.now)
        return Delivered(None, answer.status)


def card_of(message: Message) -> dict[str, Any]:
    """The message as an adaptive card; what Teams would take for Markdown is escaped."""
    colour = "good" if message.is_over else _COLOURS.get(message.severity, "warning")
    headline = {"type": "TextBlock", "text": _escaped(message.headline), "wrap": True, "weight": "bolder"}
    facts = [{"title": _escaped(label), "value": _escaped(value)} for label, value in message.facts]
    notes = [{"type": "TextBlock", "text": _escaped(note), "wrap": True} for note in message.notes]
    actions = [{"type": "Action.OpenUrl", "title": label, "url": url} for label, url in message.links]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{**headline, "color": colour}, {"type": "FactSet", "facts": facts}, *notes],
        "actions": actions,
    }
    return {
        "type": "message",
        "summary": message.subject,
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)


def read_config(
    fields: Fields, kept: frozenset[str], random_bytes: Callable[[int], bytes]
) -> tuple[dict[str, Any], dict[str, str]]:
    """`{"url"}` of the workflow."""
    url = read_url(fields, "url", kept="url" in kept)
    return ({"host": shown_host(url)}, {"url": url}) if url else ({}, {})
