"""Decompresses snappy's block format, bounded: what Prometheus puts around a remote write."""

from __future__ import annotations

from chalicelib.api.schemas.protobuf import Malformed, varint


def decompress(raw: bytes, most: int) -> bytes:
    """The content of a block. Raises Malformed, also when it would be over `most` bytes."""
    import cramjam

    length, _ = varint(raw, 0)
    if length > most:
        raise Malformed(f"the decompressed body is over {most} bytes; send smaller requests")
    try:
        return bytes(cramjam.snappy.decompress_raw(raw))  # it makes room for `length` bytes and writes no more
    except cramjam.DecompressionError:
        raise Malformed("the block is damaged") from None
