"""A request's body as the bytes it stands for: inflated, and bounded while inflating; and as the JSON they are."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

from chalicelib.domain.errors import InvalidInput, TooLarge, UnsupportedMediaType

MAX_WIRE = 4 * 1024 * 1024
MAX_INFLATED = 5 * 1024 * 1024
_JSON_TYPES = ("application/json", "application/octet-stream", "application/gzip", "application/x-gzip", "text/json")
_ENCODINGS = ("", "identity", "gzip", "x-gzip", "deflate")
_GZIP = b"\x1f\x8b"


def check_json_type(content_type: str) -> None:
    """Refuse a body that says of itself that it is something else than JSON (compressed or not)."""
    if content_type and content_type.partition(";")[0].strip().lower() not in _JSON_TYPES:
        raise UnsupportedMediaType(
            f"The body's Content-Type is {content_type[:80]!r}; send JSON with Content-Type: application/json."
        )


def inflate(raw: bytes, encoding: str) -> bytes:
    """The body without its compression, which is recognised by its first bytes; `encoding` settles what these cannot.

    Raises TooLarge (a compressed bomb too, while it is being inflated), InvalidInput or UnsupportedMediaType.
    """
    if len(raw) > MAX_WIRE:
        raise TooLarge(f"The body is {len(raw)} bytes long; {MAX_WIRE} are allowed. Send it in several requests.")
    encoding = encoding.strip().lower()
    if raw[:2] == _GZIP:
        return _bounded(raw, zlib.MAX_WBITS | 16)
    if len(raw) >= 2 and raw[0] & 0x0F == 8 and (raw[0] << 8 | raw[1]) % 31 == 0 and raw[:1] not in b"[{ \t\r\n":
        return _bounded(raw, zlib.MAX_WBITS)
    if encoding == "deflate" and raw[:1] not in (b"{", b"["):
        return _bounded(raw, -zlib.MAX_WBITS)
    if encoding not in _ENCODINGS:
        raise UnsupportedMediaType(f"Content-Encoding {encoding[:40]!r} is not known here; use gzip or deflate.")
    if encoding in ("gzip", "x-gzip") and raw[:1] not in (b"{", b"["):
        raise InvalidInput(
            "The body says Content-Encoding: gzip but is not gzip. API Gateway takes application/json for text and"
            " ruins a compressed body: send it with Content-Type: application/gzip.",
            field="body",
        )
    if len(raw) > MAX_INFLATED:
        raise TooLarge(f"The body is {len(raw)} bytes long; {MAX_INFLATED} are allowed.")
    return raw


def decode_json(raw: bytes) -> Any:
    """What the JSON says; nothing at all is an empty object. Raises InvalidInput."""
    try:
        return msgspec.json.decode(raw) if raw.strip() else {}
    except msgspec.DecodeError as error:
        raise InvalidInput(f"body: is not valid JSON: {error}.", field="body") from None
    except RecursionError:
        raise InvalidInput("body: is nested too deeply.", field="body") from None


def _bounded(raw: bytes, window: int) -> bytes:
    inflater = zlib.decompressobj(window)
    try:
        inflated = inflater.decompress(raw, MAX_INFLATED + 1)
    except zlib.error:
        raise InvalidInput("The compressed body is damaged.", field="body") from None
    if len(inflated) > MAX_INFLATED:
        raise TooLarge(f"The inflated body is over {MAX_INFLATED} bytes. Send it in several requests.")
    if not inflater.eof:
        raise InvalidInput("The compressed body is cut off.", field="body")
    return inflated
