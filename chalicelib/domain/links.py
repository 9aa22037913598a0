"""Links that say who may act on which alert, for a day: in messages, where nobody is logged in."""

from __future__ import annotations

import hashlib
import hmac
import re

LIFE_MS = 86_400_000
_FORM = re.compile(r"(alert_[0-9a-zA-Z]{1,64})\.(\d{1,15})\.([0-9a-f]{64})")


class BadLink(Exception):
    """The link is not ours, was changed, or is too old; the message says which."""


def make_token(secret: str, alert_id: str, now: int) -> str:
    """What a link carries, valid for 24 hours from `now` (epoch ms)."""
    expires = now + LIFE_MS
    return f"{alert_id}.{expires}.{_signature(secret, alert_id, expires)}"


def alert_of(secret: str, token: str, now: int) -> str:
    """The alert that a link is about. Raises BadLink."""
    found = _FORM.fullmatch(token)
    if not secret or found is None:
        raise BadLink("This link is not one of ours. Open the alert in the dashboard instead.")
    alert_id, expires, signature = found[1], int(found[2]), found[3]
    if not hmac.compare_digest(signature, _signature(secret, alert_id, expires)):
        raise BadLink("This link is not one of ours. Open the alert in the dashboard instead.")
    if now >= expires:
        raise BadLink("This link is older than a day. Open the alert in the dashboard instead.")
    return alert_id


def _signature(secret: str, alert_id: str, expires: int) -> str:
    return hmac.new(secret.encode(), f"acknowledge.{alert_id}.{expires}".encode(), hashlib.sha256).hexdigest()
