"""An alert in Slack's mrkdwn and blocks. The three characters that Slack gives a meaning are escaped everywhere."""

from __future__ import annotations

from typing import Any

from chalicelib.domain.jobs import Job
from chalicelib.rendering.words import Message

_ICONS = {"low": ":large_blue_circle:", "medium": ":large_yellow_circle:", "high": ":large_orange_circle:"}
_CRITICAL, _OVER, _SEEN = ":red_circle:", ":white_check_mark:", ":eyes:"
MAX_TEXT = 2900  # Slack takes 3000 in a section
MAX_FIELDS = 10


def text_of(message: Message) -> str:
    """The line that a phone shows."""
    return _cut(f"{_icon(message)} {escaped(message.subject)}")


def blocks_of(message: Message, job: Job, *, with_buttons: bool) -> list[dict[str, Any]]:
    """The message's blocks; with buttons while there is something to be done about it."""
    blocks: list[dict[str, Any]] = [_section(f"{_icon(message)} *{escaped(message.headline)}*")]
    fields = [f"*{escaped(label)}*\n{escaped(value) or '-'}" for label, value in message.facts[:MAX_FIELDS]]
    if fields:
        blocks.append({"type": "section", "fields": [{"type": "mrkdwn", "text": field[:1900]} for field in fields]})
    blocks += [_section(escaped(note)) for note in message.notes]
    links = " · ".join(f"<{_url(url)}|{escaped(label)}>" for label, url in message.links)
    if links:
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": _cut(links)}]})
    if with_buttons and job.notice.alert_id and not message.is_over:
        blocks.append({"type": "actions", "elements": [_button(*each, job.notice.alert_id) for each in _BUTTONS]})
    return blocks


_BUTTONS = (("Acknowledge", "acknowledge", "primary"), ("Silence 1 h", "silence", ""), ("Resolve", "resolve", "danger"))


def _button(label: str, action: str, style: str, alert_id: str) -> dict[str, Any]:
    button: dict[str, Any] = {
        "type": "button",
        "action_id": action,
        "value": alert_id,
        "text": {"type": "plain_text", "text": label},
    }
    return button | ({"style": style} if style else {})


def _icon(message: Message) -> str:
    if message.is_over:
        return _OVER
    if message.is_acknowledged:
        return _SEEN
    return _ICONS.get(message.severity, _CRITICAL)


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _cut(text)}}


def escaped(text: str) -> str:
    """The text without what Slack gives a meaning."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _url(url: str) -> str:
    return escaped(url).replace("|", "%7C")


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
