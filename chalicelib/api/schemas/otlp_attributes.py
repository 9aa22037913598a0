"""OTLP's attributes in protobuf as tags."""

from __future__ import annotations

from chalicelib.api.schemas.otlp_points import Tags
from chalicelib.api.schemas.protobuf import double, fields, message, signed64, spans, text


def attributes(raw: bytes, start: int, end: int, position: int) -> Tags:
    """The KeyValues that are field `position` of a message, as tags; arrays, maps and bytes are left out."""
    tags: Tags = {}
    for number, _, begin, close in spans(raw, start, end):
        if number == position:
            key, value = "", None
            for inner, _, content in fields(raw[begin:close]):
                if inner == 1:
                    key = text(content)
                elif inner == 2:
                    value = _value(message(content))
            if value is not None:
                tags[key] = value
    return tags


def _value(raw: bytes) -> str | None:
    """An AnyValue as text; None for what is more than one word."""
    found = None
    for number, _, content in fields(raw):
        if number == 1:
            found = text(content)
        elif number == 2:
            found = "true" if content else "false"
        elif number == 3:
            found = str(signed64(content))
        elif number == 4:
            found = f"{double(content):.12g}"
    return found
