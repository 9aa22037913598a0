"""What a function returned as the HTTP response that API Gateway makes of it, and the errors it answers itself."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import msgspec

from infra.local.event import is_binary_type

Headers = list[tuple[bytes, bytes]]


class Malformed(Exception):
    """What the function returned is no response."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """Status, headers with names in lower case, body."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""


def from_function(returned: Any, accept: str, binary_types: Collection[str]) -> HttpResponse:
    """The response for `{"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}`.

    A base64 body becomes bytes only when the *first* media type of the request's Accept is a binary type of the API;
    otherwise the base64 text itself is sent: that is what API Gateway does. Raises Malformed.
    """
    try:
        status = int(returned["statusCode"])
        body: str = returned.get("body") or ""
        headers: Headers = []
        several = returned.get("multiValueHeaders") or {}
        for name, value in (returned.get("headers") or {}).items():
            if name not in several:
                headers.append(_header(name, value))
        for name, values in several.items():
            headers += [_header(name, value) for value in values]
        if not any(name == b"content-type" for name, _ in headers):
            headers.append((b"content-type", b"application/json"))
        if returned.get("isBase64Encoded") and is_binary_type(accept.partition(",")[0], binary_types):
            return HttpResponse(status, headers, base64.b64decode(body, validate=True))
        return HttpResponse(status, headers, body.encode())
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        raise Malformed(f"{type(error).__name__}: {error}") from None


def problem(status: int, title: str, detail: str, request_id: str, extra: Headers | None = None) -> HttpResponse:
    """An error as application/problem+json (RFC 9457)."""
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail, "requestId": request_id}
    headers = [(b"content-type", b"application/problem+json"), *(extra or [])]
    return HttpResponse(status, headers, msgspec.json.encode(content))


def _header(name: str, value: Any) -> tuple[bytes, bytes]:
    text = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    if "\n" in text or "\r" in text:
        raise Malformed(f"a line break in the header {name}")
    return name.lower().encode("latin-1"), text.encode("latin-1")
