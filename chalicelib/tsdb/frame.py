"""A frame: one accepted request's samples as columns of bytes, as it lies in the Valkey stream.

Layout, little-endian:

    header        version u8 · 3 bytes unused · samples u32 · runs u32 · definitions' bytes u32
                  writer u64 · number u64 · previous writer u64 · previous count u64
    series ids    samples x i64
    values        samples x f64
    run times     runs x i64, epoch milliseconds
    run lengths   runs x u32: consecutive samples that share a time (a snapshot is one run)
    definitions   empty, or a msgpack array of rows of series: [[[metric type, unit, kind, [[key, value], …]], …], …]

A *writer* is one container's life between two errors. It numbers its frames 0, 1, 2 … and counts one only when Valkey
has acknowledged it; after an error it ends and a new writer begins, whose first frame names the previous one and how
many of its frames were acknowledged. That makes a frame's (writer, number) an identity that is never reused, makes
"drained already" one comparison per writer, and makes a loss in Valkey countable: it is a hole in the numbers.

No numpy here: the ingest path writes frames without importing it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

VERSION = 1
HEADER = struct.Struct("<BxxxIIIQQQQ")
NO_WRITER = 0
_ARRAY_32 = struct.Struct(">BI")  # msgpack's header of an array


class CorruptFrame(ValueError):
    """Bytes that are no frame of a version this code reads."""


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """What a frame says of itself; `samples`, `runs` and `definitions_size` give the columns their places."""

    samples: int
    runs: int
    definitions_size: int
    writer: int
    number: int
    previous_writer: int
    previous_count: int

    @property
    def ids_end(self) -> int:
        """Where the column of series ids ends; it begins right after the header."""
        return HEADER.size + 8 * self.samples

    @property
    def values_end(self) -> int:
        """Where the column of values ends."""
        return HEADER.size + 16 * self.samples

    @property
    def times_end(self) -> int:
        """Where the column of run times ends."""
        return self.values_end + 8 * self.runs

    @property
    def lengths_end(self) -> int:
        """Where the column of run lengths ends and the definitions begin."""
        return self.values_end + 12 * self.runs


class FrameBuilder:
    """Collects rows of samples and packs them; one per request."""

    __slots__ = ("_definitions", "_ids", "_lengths", "_times", "_values", "samples")

    def __init__(self) -> None:
        self.samples = 0
        self._ids: list[bytes] = []
        self._values: list[bytes] = []
        self._times: list[int] = []
        self._lengths: list[int] = []
        self._definitions: list[bytes] = []

    def add_run(self, ids: bytes, values: bytes, time: int, length: int) -> None:
        """Add `length` samples of one time (epoch ms): their ids as i64 and values as f64, little-endian."""
        self._ids.append(ids)
        self._values.append(values)
        self._times.append(time)
        self._lengths.append(length)
        self.samples += length

    def add_samples(self, ids: list[bytes], values: list[float], times: list[int]) -> None:
        """Add samples that each have their own time: one id of 8 bytes, one value and one time each."""
        count = len(ids)
        self._ids.append(b"".join(ids))
        self._values.append(struct.pack(f"<{count}d", *values))
        self._times += times
        self._lengths += [1] * count
        self.samples += count

    def add_columns(self, ids: list[bytes], values: list[float], moments: list[tuple[int, int]]) -> None:
        """Add samples of which neighbours may share a time: `moments` are (time, how many samples in a row); `ids` are
        pieces of the column of ids."""
        count = len(values)
        self._ids += ids
        self._values.append(struct.pack(f"<{count}d", *values))
        self._times += [time for time, _ in moments]
        self._lengths += [length for _, length in moments]
        self.samples += count

    def define(self, row: bytes) -> None:
        """Add the definitions of one row of series: a msgpack array."""
        self._definitions.append(row)

    def pack(self, writer: int, number: int, previous_writer: int = NO_WRITER, previous_count: int = 0) -> bytes:
        """The frame's bytes, under the identity that the writer gives it."""
        runs = len(self._times)
        rows = self._definitions
        definitions = b"".join((_ARRAY_32.pack(0xDD, len(rows)), *rows)) if rows else b""
        header = HEADER.pack(
            VERSION, self.samples, runs, len(definitions), writer, number, previous_writer, previous_count
        )
        times = struct.pack(f"<{runs}q{runs}I", *self._times, *self._lengths)
        return b"".join((header, *self._ids, *self._values, times, definitions))


def read_header(frame: bytes) -> FrameHeader:
    """The header of a frame whose length fits it. Raises CorruptFrame."""
    if len(frame) < HEADER.size or frame[0] != VERSION:
        raise CorruptFrame(f"not a frame of version {VERSION}: {frame[:8]!r}…, {len(frame)} bytes")
    header = FrameHeader(*HEADER.unpack_from(frame)[1:])
    if len(frame) != header.lengths_end + header.definitions_size:
        raise CorruptFrame(f"a frame of {len(frame)} bytes that should have {header.lengths_end}")
    return header
