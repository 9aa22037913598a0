"""Reads protobuf's wire format: the fields of one message, bounded by its bytes; nothing is interpreted."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct, error

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_DOUBLE = Struct("<d")


class Malformed(Exception):
    """These bytes are no such message."""


def fields(raw: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """(number, wire type, content) of each field: an int for varints, the bytes for all others. Raises Malformed."""
    at, end = 0, len(raw)
    while at < end:
        number, kind, content, at = field_at(raw, at)
        yield number, kind, content


def field_at(raw: bytes, at: int) -> tuple[int, int, int | bytes, int]:
    """The field that begins at a place, as `fields` gives it, and where the next one begins. Raises Malformed."""
    tag, at = varint(raw, at)
    kind = tag & 7
    if kind == VARINT:
        number, at = varint(raw, at)
        return tag >> 3, kind, number, at
    if kind == BYTES:
        length, at = varint(raw, at)
    elif kind == FIXED64:
        length = 8
    elif kind == FIXED32:
        length = 4
    else:
        raise Malformed(f"wire type {kind} is not known")
    if length > len(raw) - at:
        raise Malformed("a field is cut off")
    return tag >> 3, kind, raw[at : at + length], at + length


def spans(raw: bytes, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """(number, wire type, start, end) of each field's content between two places. Raises Malformed."""
    at = start
    while at < end:
        tag, at = varint(raw, at)
        kind = tag & 7
        if kind == VARINT:
            _, after = varint(raw, at)
        elif kind == BYTES:
            length, at = varint(raw, at)
            after = at + length
        elif kind in (FIXED64, FIXED32):
            after = at + (8 if kind == FIXED64 else 4)
        else:
            raise Malformed(f"wire type {kind} is not known")
        if after > end:
            raise Malformed("a field is cut off")
        yield tag >> 3, kind, at, after
        at = after


def varint(raw: bytes, at: int) -> tuple[int, int]:
    """An unsigned 64 bit number and where the next byte is."""
    number = shift = 0
    while True:
        if at >= len(raw) or shift > 63:
            raise Malformed("a number is cut off or too long")
        byte = raw[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7


def to_varint(number: int) -> bytes:
    """An unsigned number as a varint."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def text(content: int | bytes) -> str:
    """A string field."""
    try:
        return message(content).decode()
    except UnicodeDecodeError:
        raise Malformed("a string is not UTF-8") from None


def message(content: int | bytes) -> bytes:
    """A field that must hold bytes: a message, a string, packed numbers."""
    if isinstance(content, int):
        raise Malformed("a field is a number where it must be bytes")
    return content


def double(content: int | bytes) -> float:
    """A field that must be a double."""
    try:
        (value,) = _DOUBLE.unpack(message(content))
    except error:
        raise Malformed("a number is not 8 bytes long") from None
    return float(value)


def fixed64(content: int | bytes, *, signed: bool = False) -> int:
    """A field that must be 8 bytes wide."""
    raw = message(content)
    if len(raw) != 8:
        raise Malformed("a number is not 8 bytes long")
    return int.from_bytes(raw, "little", signed=signed)


def signed64(content: int | bytes) -> int:
    """A varint that is an int64: two's complement."""
    if not isinstance(content, int):
        raise Malformed("a field is bytes where it must be a number")
    return content - (1 << 64) if content >> 63 else content


def packed(content: int | bytes, letter: str) -> list[float]:
    """Packed 8 byte numbers: `letter` d for doubles, Q for unsigned ones."""
    raw = message(content)
    if len(raw) % 8:
        raise Malformed("packed numbers are cut off")
    return [*Struct(f"<{len(raw) // 8}{letter}").unpack(raw)]
