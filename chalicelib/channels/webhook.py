"""Webhooks, signed as Standard Webhooks says: webhook-id, webhook-timestamp, webhook-signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.channels.answers import post
from chalicelib.channels.http import Http
from chalicelib.domain.deliveries import Delivered, Letter, called
from chalicelib.domain.fields import Fields
from chalicelib.domain.http_headers import wrong_headers
from chalicelib.domain.urls import read_url, shown_host
from chalicelib.rendering.payload import payload

PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Posts the alert as JSON."""

    http: Http

    def send(self, letter: Letter) -> Delivered:
        """Deliver. Raises DeliveryFailed."""
        job, secrets = letter.job, letter.secrets
        body = json.dumps(payload(job, possible_duplicate=letter.possible_duplicate), separators=(",", ":")).encode()
        timestamp = str(letter.now // 1000)
        keys = [secrets[name] for name in ("secret", "previousSecret") if secrets.get(name)]
        headers = {
            **json.loads(secrets.get("headers", "{}")),
            "Content-Type": "application/json",
            "User-Agent": "perfmon",
            "webhook-id": job.id,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join(sign(key, job.id, timestamp, body) for key in keys),
        }
        answer = post(self.http, secrets["url"], headers, body, now=letter.now)
        return Delivered(called(answer.headers.get("x-request-id")), answer.status)


def sign(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """`v1,<base64>` over `{id}.{timestamp}.{body}`; the secret is `whsec_` and base64."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def read_config(
    fields: Fields, kept: frozenset[str], random_bytes: Callable[[int], bytes]
) -> tuple[dict[str, Any], dict[str, str]]:
    """`{"url", "secret"?, "headers"?}`; without a secret one is made."""
    secrets: dict[str, str] = {}
    public: dict[str, Any] = {}
    if url := read_url(fields, "url", kept="url" in kept):
        secrets["url"] = url
        public["host"] = shown_host(url)
    secret = fields.text("secret", most=200, default="")
    if secret:
        if not _is_secret(secret):
            fields.refuse("secret", "must be whsec_ and base64 of 24 to 64 bytes")
        secrets["secret"] = secret
    elif "secret" not in kept:
        secrets["secret"] = PREFIX + base64.b64encode(random_bytes(32)).decode()
    headers = fields.raw("headers")
    if headers is not None and (wrong := wrong_headers(headers, _is_ours)):
        fields.refuse("headers", wrong)
    elif headers is not None:
        secrets["headers"] = json.dumps(headers)
    return public, secrets


def _is_secret(secret: str) -> bool:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        return False
    return secret.startswith(PREFIX) and 24 <= len(key) <= 64


def _is_ours(name: str) -> bool:
    return name.startswith("webhook-")
