"""Builds remote write's bodies for the tests: protobuf by hand, snappy of literals only."""

from __future__ import annotations

import struct

(STALE,) = struct.unpack("<d", (0x7FF0000000000002).to_bytes(8, "little"))


def number(value: int) -> bytes:
    """A varint."""
    out = bytearray()
    value &= (1 << 64) - 1
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(position: int, content: bytes | str) -> bytes:
    """A field of bytes."""
    raw = content.encode() if isinstance(content, str) else content
    return number(position << 3 | 2) + number(len(raw)) + raw


def series(labels: dict[str, str], points: list[tuple[int, float]], *, leaves_zero_out: bool = False) -> bytes:
    """A TimeSeries; (epoch ms, value) each. Prometheus leaves a zero out, as proto3 has it."""
    out = b"".join(field(1, field(1, name) + field(2, value)) for name, value in labels.items())
    for at, value in points:
        double = b"" if leaves_zero_out and not value else b"\x09" + struct.pack("<d", value)
        out += field(2, double + b"\x10" + number(at))
    return out


def write_request(*all_series: bytes) -> bytes:
    """A WriteRequest."""
    return b"".join(field(1, each) for each in all_series)


def block(content: bytes) -> bytes:
    """Snappy, without compressing anything."""
    parts = [content[at : at + 60] for at in range(0, len(content), 60)]
    return number(len(content)) + b"".join(bytes([len(part) - 1 << 2]) + part for part in parts)
