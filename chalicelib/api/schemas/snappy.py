"""Decompresses snappy's block format, bounded: what Prometheus puts around a remote write."""

from __future__ import annotations

from chalicelib.api.schemas.protobuf import Malformed, varint


def decompress(raw: bytes, most: int) -> bytes:
    """The content of a block. Raises Malformed, also when it would be over `most` bytes."""
    length, at = varint(raw, 0)
    if length > most:
        raise Malformed(f"the decompressed body is over {most} bytes; send smaller requests")
    out = bytearray()
    end = len(raw)
    while at < end:
        tag = raw[at]
        at += 1
        kind = tag & 3
        if kind == 0:
            size = tag >> 2
            if size >= 60:
                wide = size - 59
                size = int.from_bytes(raw[at : at + wide], "little")
                at += wide
            size += 1
            if at + size > end or len(out) + size > length:
                raise Malformed("a literal is cut off")
            out += raw[at : at + size]
            at += size
            continue
        if kind == 1:
            size = (tag >> 2 & 7) + 4
            offset = (tag >> 5) << 8 | int.from_bytes(raw[at : at + 1])
            at += 1
        else:
            wide = 2 if kind == 2 else 4
            size = (tag >> 2) + 1
            offset = int.from_bytes(raw[at : at + wide], "little")
            at += wide
        start = len(out) - offset
        if at > end or offset == 0 or start < 0 or len(out) + size > length:
            raise Malformed("a copy points outside the block")
        if offset >= size:
            out += out[start : start + size]
        else:
            out += (bytes(out[start:]) * (size // offset + 1))[:size]
    if len(out) != length:
        raise Malformed("the block is shorter than it says")
    return bytes(out)
