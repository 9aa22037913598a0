"""Samples as three arrays of one length: series ids, times, values; read from frames and from packed payloads."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.series import Definition, Kind
from chalicelib.tsdb.frame import HEADER, CorruptFrame, FrameHeader

SAMPLE_BYTES = 24
_cut_rows = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_glance_rows = msgspec.msgpack.Decoder(list[list[tuple[str, str, Kind, msgspec.Raw]]]).decode
_decode_row = msgspec.msgpack.Decoder(list[tuple[str, str, Kind, list[tuple[str, str]]]]).decode
_decode_tags = msgspec.msgpack.Decoder(list[tuple[str, str]]).decode
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError)


@dataclass(frozen=True, slots=True)
class Columns:
    """`ids` and `times` (epoch ms) are int64, `values` float64; the order is the order of arrival."""

    ids: NDArray[np.int64]
    times: NDArray[np.int64]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Columns:
        """The samples under a mask, or at positions in their order."""
        if chosen.dtype == bool and chosen.all():
            return self
        return Columns(self.ids[chosen], self.times[chosen], self.values[chosen])

    def pack(self) -> bytes:
        """ids, times and values behind one another, little-endian: SAMPLE_BYTES a sample."""
        return self.ids.tobytes() + self.times.tobytes() + self.values.tobytes()


EMPTY = Columns(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))


def unpack(payload: bytes) -> Columns:
    """The columns that `pack` packed."""
    count = len(payload) // SAMPLE_BYTES
    return Columns(
        np.frombuffer(payload, "<i8", count),
        np.frombuffer(payload, "<i8", count, 8 * count),
        np.frombuffer(payload, "<f8", count, 16 * count),
    )


def join(parts: Sequence[Columns]) -> Columns:
    """All parts behind one another."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return EMPTY
    return Columns(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.values for part in parts]),
    )


def read_frames(frames: Sequence[tuple[FrameHeader, bytes]]) -> Columns:
    """The samples of frames, joined before anything is decoded: the cost is by the sample, hardly by the frame.

    Those of a damaged frame, whose runs are not as long as its samples, are left out; `sound` says which they are.
    """
    ids = b"".join(frame[HEADER.size : header.ids_end] for header, frame in frames)
    values = b"".join(frame[header.ids_end : header.values_end] for header, frame in frames)
    times = b"".join(frame[header.values_end : header.times_end] for header, frame in frames)
    lengths = np.frombuffer(b"".join(frame[header.times_end : header.lengths_end] for header, frame in frames), "<u4")
    if int(lengths.sum()) != len(ids) // 8:
        return read_frames([each for each in frames if _adds_up(*each)])
    return Columns(
        np.frombuffer(ids, "<i8"), np.repeat(np.frombuffer(times, "<i8"), lengths), np.frombuffer(values, "<f8")
    )


def _adds_up(header: FrameHeader, frame: bytes) -> bool:
    lengths = np.frombuffer(frame[header.times_end : header.lengths_end], "<u4")
    return int(lengths.sum()) == header.samples


def sound(frames: Iterable[tuple[FrameHeader, bytes]]) -> tuple[list[tuple[FrameHeader, bytes]], list[CorruptFrame]]:
    """The frames as far as they can be read, and what is the matter with those that cannot.

    Where its definitions alone are damaged, a frame keeps its samples and loses these. It looks into every frame: to
    be asked when something could not be read.
    """
    readable: list[tuple[FrameHeader, bytes]] = []
    damaged: list[CorruptFrame] = []
    for header, frame in frames:
        if not _adds_up(header, frame):
            damaged.append(CorruptFrame(f"{header}: its runs are not as long as its samples"))
            continue
        try:
            read_rows(definition_rows([(header, frame)]))
            readable.append((header, frame))
        except CorruptFrame as error:
            damaged.append(CorruptFrame(f"{header}: {error}"))
            readable.append((replace(header, definitions_size=0), frame))
    return readable, damaged


def definition_rows(frames: Iterable[tuple[FrameHeader, bytes]]) -> Iterator[bytes]:
    """The rows of definitions that frames carry, each as packed as it is: a container sends the same bytes again.

    Raises CorruptFrame.
    """
    for header, frame in frames:
        if header.definitions_size:
            try:
                rows = _cut_rows(frame[header.lengths_end :])
            except _UNREADABLE as error:
                raise CorruptFrame(f"its definitions are damaged: {error}") from None
            yield from map(bytes, rows)


def read_rows(rows: Iterable[bytes]) -> dict[int, Definition]:
    """What the series ids in rows of definitions stand for. Raises CorruptFrame."""
    definitions = {}
    for row in rows:
        try:
            series = _decode_row(row)
        except _UNREADABLE as error:
            raise CorruptFrame(f"its definitions are damaged: {error}") from None
        for metric_type, unit, kind, tags in series:
            definition = Definition(metric_type, unit, kind, tuple(tags))
            definitions[definition.series_id] = definition
    return definitions


def read_definitions(frames: Iterable[tuple[FrameHeader, bytes]]) -> dict[int, Definition]:
    """What the series ids of these frames stand for, as far as the frames say it and can be read."""
    definitions: dict[int, Definition] = {}
    for each in frames:
        with contextlib.suppress(CorruptFrame):
            definitions |= read_rows(definition_rows([each]))
    return definitions


def read_definitions_of(metric_type: str, frames: Iterable[tuple[FrameHeader, bytes]]) -> dict[int, Definition]:
    """The same of one metric type alone: of the others hardly anything is looked at."""
    name = metric_type.encode()
    definitions = {}
    for header, frame in frames:
        if header.definitions_size and frame.find(name, header.lengths_end) >= 0:
            with contextlib.suppress(*_UNREADABLE):
                for row in _glance_rows(frame[header.lengths_end :]):
                    for its_type, unit, kind, tags in row:
                        if its_type == metric_type:
                            definition = Definition(metric_type, unit, kind, tuple(_decode_tags(tags)))
                            definitions[definition.series_id] = definition
    return definitions
