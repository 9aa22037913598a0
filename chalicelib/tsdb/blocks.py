"""Blocks: samples of one metric type, sorted by series and time, each column packed by pcodec, bit for bit.

Layout, little-endian:

    header     version u8 · flags u8 · 2 bytes unused · series u32 · samples u32 · bytes of lengths u32, of times u32
    series     i64 a series, ascending
    lengths    packed u32 a series: how many samples it has; absent when all share one grid
    times      packed i64 a sample (epoch ms); with a shared grid those of one series alone
    values     packed f64 a sample

A fleet whose agents stamp aligned instants has one grid: its times cost nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chalicelib.tsdb.columns import Columns
from chalicelib.tsdb.runs import NOTHING, Runs
from chalicelib.tsdb.wanted import Wanted

VERSION = 1
MAX_SAMPLES = 100_000
FULL_LEVEL, SMALL_LEVEL = 8, 5  # of pcodec, from 0 to 12
_SHARED_GRID = 1
_HEADER = struct.Struct("<BBxxIIII")


def split(samples: Columns) -> Iterator[Columns]:
    """Stretches of about MAX_SAMPLES of samples sorted by series, each ending where a series ends."""
    begin = 0
    while begin < len(samples):
        end = len(samples)
        if end - begin > MAX_SAMPLES:
            last = samples.ids[begin + MAX_SAMPLES - 1]
            end = begin + int(np.searchsorted(samples.ids[begin:], last, side="left"))
            if end == begin:  # one series alone is longer than a block
                end = begin + int(np.searchsorted(samples.ids[begin:], last, side="right"))
        yield Columns(samples.ids[begin:end], samples.times[begin:end], samples.values[begin:end])
        begin = end


def encode(samples: Columns, *, is_full: bool = True) -> bytes:
    """A block of samples that are sorted by series and time; at least one.

    One that will soon be merged into another, not `is_full`, is packed with less care: 5 % larger, a third less CPU.
    """
    level = FULL_LEVEL if is_full else SMALL_LEVEL
    starts = np.flatnonzero(np.concatenate(([True], samples.ids[1:] != samples.ids[:-1])))
    lengths = np.diff(starts, append=len(samples)).astype(np.uint32)
    grid = _shared_grid(samples.times, lengths)
    packed_lengths = _pack(lengths, level) if grid is None else b""
    times = _pack(samples.times if grid is None else grid, level)
    header = _HEADER.pack(
        VERSION, 0 if grid is None else _SHARED_GRID, len(starts), len(samples), len(packed_lengths), len(times)
    )
    return b"".join((header, samples.ids[starts].tobytes(), packed_lengths, times, _pack(samples.values, level)))


def decode(block: bytes, wanted: Wanted | None = None) -> Columns:
    """The samples of a block, or those of them that are wanted, sorted by series and time.

    Raises ValueError for a version this code does not read.
    """
    return decode_runs(block, wanted).columns()


def decode_runs(block: bytes, wanted: Wanted | None = None) -> Runs:
    """The same, series by series.

    Series are chosen one by one, and the times of a shared grid once: before there is an entry for each sample.
    """
    version, flags, series_count, count, lengths_size, times_size = _HEADER.unpack_from(block)
    if version != VERSION:
        raise ValueError(f"a block of version {version}, not {VERSION}")
    if not count:
        return NOTHING
    series = np.frombuffer(block, "<i8", series_count, _HEADER.size)
    lengths_at = _HEADER.size + 8 * series_count
    times_at = lengths_at + lengths_size
    values_at = times_at + times_size
    chosen = None if wanted is None else wanted.has(series)
    if chosen is not None and not chosen.any():
        return NOTHING
    times, values = _unpack(block[times_at:values_at]), _unpack(block[values_at:])
    if flags & _SHARED_GRID:
        if wanted is None or chosen is None:
            return Runs(series, None, times, values)
        table: NDArray[Any] = values.reshape(series_count, len(times))
        if not chosen.all():
            series, table = series[chosen], table[chosen]
        held = wanted.holds(times)
        if not held.all():
            times, table = times[held], table[:, held]
        return Runs(series, None, times, table.ravel()) if len(times) else NOTHING
    lengths = _unpack(block[lengths_at:times_at]).astype(np.int64)
    found = Runs(series, lengths, times, values)
    return found if wanted is None or chosen is None else found.where(chosen, wanted.holds(times))


def series_of(block: bytes) -> tuple[NDArray[np.int64], int]:
    """A block's series, ascending, and how many samples it has; nothing is unpacked."""
    _, _, series_count, count, _, _ = _HEADER.unpack_from(block)
    return np.frombuffer(block, "<i8", series_count, _HEADER.size), count


def _shared_grid(times: NDArray[np.int64], lengths: NDArray[np.uint32]) -> NDArray[np.int64] | None:
    """The times of one series, if every series has just these."""
    length = int(lengths[0])
    if (lengths != length).any():
        return None
    table = times.reshape(len(lengths), length)
    return table[0] if (table == table[0]).all() else None


def _pack(column: NDArray[Any], level: int) -> bytes:
    from pcodec import ChunkConfig, standalone

    packed: bytes = standalone.simple_compress(column, ChunkConfig(compression_level=level))
    return packed


def _unpack(packed: bytes) -> NDArray[Any]:
    from pcodec import standalone

    column: NDArray[Any] = standalone.simple_decompress(packed)
    return column
