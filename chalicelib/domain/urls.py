"""Addresses in a channel's config: read, checked, and shown without what may be secret in them."""

from __future__ import annotations

from urllib.parse import urlsplit

from chalicelib.domain.fields import Fields

MAX_URL = 2000


def read_url(fields: Fields, name: str, *, kept: bool, secure: bool = False) -> str:
    """An http(s) address; '' when it is left out and there is one already, or when it is wrong.

    `secure`: only https.
    """
    if kept and not fields.has(name):
        fields.skip(name)
        return ""
    url = fields.text(name, most=MAX_URL)
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        is_right = bool(parts.hostname) and parts.port != 0 and parts.username is None
    except ValueError:
        is_right = False
    schemes = ("https",) if secure else ("http", "https")
    if not is_right or parts.scheme not in schemes or any(map(str.isspace, url)) or not url.isascii():
        fields.refuse(name, f"must be an {' or '.join(schemes)} address without a user in it")
        return ""
    return url


def shown_host(url: str) -> str:
    """All of an address that may be shown: who receives."""
    return urlsplit(url).hostname or ""
