"""Slack: an incoming webhook, a message each; or a bot: one message an alert, edited, with replies and buttons."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.channels.answers import post
from chalicelib.channels.http import Http
from chalicelib.domain.deliveries import Delivered, DeliveryFailed, Failure, Letter, called
from chalicelib.domain.fields import Fields
from chalicelib.domain.notifications import Reason
from chalicelib.domain.urls import read_url, shown_host
from chalicelib.rendering.slack import blocks_of, escaped, text_of
from chalicelib.rendering.words import Message, compose

API = "https://slack.com/api"
_PASSING = frozenset(
    {
        *("ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"),
        *("team_added_to_org", "accesslimited"),
    }
)
_CHANNEL = re.compile(r"[#@]?[\w.-]{1,80}")
# What belongs below the first message, and what only changes it.
_REPLIES = frozenset({Reason.REPEAT, Reason.RESOLVED, Reason.ESCALATION, Reason.SILENCE_ENDED, Reason.COOLDOWN_ENDED})


@dataclass(frozen=True, slots=True)
class Slack:
    """Writes to Slack."""

    http: Http

    def send(self, letter: Letter) -> Delivered:
        """Deliver. Raises DeliveryFailed."""
        message = compose(letter.job, possible_duplicate=letter.possible_duplicate)
        if "token" not in letter.secrets:
            body = {"text": text_of(message), "blocks": blocks_of(message, letter.job, with_buttons=False)}
            answer = post(self.http, letter.secrets["url"], _JSON, json.dumps(body).encode(), now=letter.now)
            return Delivered(None, answer.status)
        return self._as_bot(letter, message)

    def _as_bot(self, letter: Letter, message: Message) -> Delivered:
        """The first message, or the same one edited; then a reply below it where there is something new to be said.

        An edit may be repeated without harm, so it goes first: what cannot be taken back is the last step.
        """
        job, known = letter.job, letter.references
        if job.notice.reason == Reason.STANDOUTS:
            return self._reply(letter, escaped(message.headline), is_loud=False)
        shown = {"text": text_of(message), "blocks": blocks_of(message, job, with_buttons=not job.others)}
        if "ts" not in known:
            answer = self._call(letter, "chat.postMessage", {"channel": job.target.config["channel"], **shown})
            references = {name: called(answer.get(name)) or "" for name in ("ts", "channel")}
            # An answer that names no message leaves nothing to edit or to reply to: what follows is a message again.
            return Delivered(references["ts"] or None, 200, references if all(references.values()) else {})
        self._call(letter, "chat.update", {"channel": known["channel"], "ts": known["ts"], **shown})
        if Reason(job.notice.reason) not in _REPLIES:
            return Delivered(known["ts"], 200)
        # Who is paged by a repeat or an escalation must see it in the channel, not only below.
        return self._reply(letter, text_of(message), is_loud=Reason(job.notice.reason) is not Reason.RESOLVED)

    def _reply(self, letter: Letter, text: str, *, is_loud: bool) -> Delivered:
        """A reply below the alert's message; a loud one stands in the channel as well."""
        known = letter.references
        if "ts" not in known:
            raise DeliveryFailed(Failure.PERMANENT, "There is no message to reply to.")
        reply = {"channel": known["channel"], "thread_ts": known["ts"], "text": text}
        answer = self._call(letter, "chat.postMessage", reply | ({"reply_broadcast": True} if is_loud else {}))
        return Delivered(called(answer.get("ts")), 200)

    def _call(self, letter: Letter, method: str, body: dict[str, Any]) -> dict[str, Any]:
        base = letter.job.target.config.get("apiUrl") or API
        headers = {**_JSON, "Authorization": f"Bearer {letter.secrets['token']}"}
        response = post(self.http, f"{base}/{method}", headers, json.dumps(body).encode(), now=letter.now)
        try:
            answer: dict[str, Any] = dict(json.loads(response.body))
        except (ValueError, TypeError, RecursionError):
            raise DeliveryFailed(Failure.DOUBTFUL, "Slack's answer cannot be read.", status=response.status) from None
        if answer.get("ok"):
            return answer
        error = re.sub(r"[^a-z_]", "", str(answer.get("error", "unknown")))[:60]
        failure = Failure.TRANSIENT if error in _PASSING else Failure.PERMANENT
        raise DeliveryFailed(failure, f"Slack refused it: {error}.", status=response.status)


_JSON = {"Content-Type": "application/json; charset=utf-8"}


def read_config(
    fields: Fields, kept: frozenset[str], random_bytes: Callable[[int], bytes]
) -> tuple[dict[str, Any], dict[str, str]]:
    """`{"url"}` of an incoming webhook, or `{"token", "channel", "apiUrl"?}` of a bot."""
    if not fields.has("token") and "token" not in kept:
        for name in ("token", "channel", "apiUrl"):
            fields.skip(name)
        if fields.has("channel"):
            fields.refuse("token", "is missing: a channel is named for a bot; an incoming webhook has a url only")
        url = read_url(fields, "url", kept="url" in kept)
        return ({"host": shown_host(url)}, {"url": url}) if url else ({}, {})
    if fields.has("url"):
        fields.refuse("url", "stands for an incoming webhook; a bot has a token and a channel")
    fields.skip("url")
    channel = fields.text("channel", most=80)
    if channel and not _CHANNEL.fullmatch(channel):
        fields.refuse("channel", "must be a channel's id like C0123456789, or its name")
    token = fields.text("token", most=300, default="")
    if token and not (token.startswith("xoxb-") and token.isascii()):
        fields.refuse("token", "must be a bot's token, xoxb-…")
    public: dict[str, Any] = {"channel": channel}
    if fields.has("apiUrl"):
        public["apiUrl"] = read_url(fields, "apiUrl", kept=False).rstrip("/")
    else:
        fields.skip("apiUrl")
    return public, {"token": token} if token else {}
