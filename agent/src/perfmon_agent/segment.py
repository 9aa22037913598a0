"""One file of the spool: one request, written in records that a crash can only cut off at the end.

A line names the format and the request's key. Every record after it is a header (length, CRC-32, number of samples)
and as many bytes: zlib-compressed parts of the request, a line each. The CRC begins with the number of samples. What
follows the first record that is not whole, or not what its CRC says, is not read.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from perfmon_agent.request import Request

SUFFIX = ".spool"
_FORMAT = b"perfmon-spool-1"
_RECORD = struct.Struct("<III")


@dataclass(frozen=True)
class Segment:
    """What the spool remembers of a file without opening it."""

    path: Path
    size: int
    samples: int


def opening(key: str) -> bytes:
    """The first line of a file."""
    return _FORMAT + b" " + key.encode() + b"\n"


def record(parts: Sequence[bytes], samples: int) -> bytes:
    """One record."""
    payload = zlib.compress(b"\n".join(parts), 6)
    return _RECORD.pack(len(payload), zlib.crc32(payload, samples), samples) + payload


def survey(path: Path) -> Segment | None:
    """How many samples a file says it holds, by its headers alone; None if it holds none. Raises OSError."""
    size = path.stat().st_size
    samples = 0
    with path.open("rb") as file:
        if _key(file) is None:
            return None
        while len(head := file.read(_RECORD.size)) == _RECORD.size:
            length, _, held = _RECORD.unpack(head)
            if file.tell() + length > size:
                break  # torn off by a crash
            samples += held
            file.seek(length, 1)
    return Segment(path, size, samples) if samples else None


def read(path: Path) -> Request | None:
    """The request of a file, as far as it is whole; None if nothing is. Raises OSError."""
    with path.open("rb") as file:
        key = _key(file)
        if key is None:
            return None
        parts: list[bytes] = []
        samples = 0
        for payload, held in _records(file):
            parts += payload.split(b"\n")
            samples += held
    return Request(key, tuple(parts), samples) if parts else None


def _records(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    while len(head := file.read(_RECORD.size)) == _RECORD.size:
        length, checksum, samples = _RECORD.unpack(head)
        packed = file.read(length)
        if len(packed) != length or zlib.crc32(packed, samples) != checksum:
            return
        yield zlib.decompress(packed), samples


def _key(file: BinaryIO) -> str | None:
    found, _, key = file.readline(200).partition(b" ")
    return key.decode("ascii", "replace").strip() if found == _FORMAT and key.endswith(b"\n") else None
