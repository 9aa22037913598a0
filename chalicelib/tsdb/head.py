"""Head rows: the samples of one drain and one sample hour, grouped so that one metric type can be read alone.

A metric type's slice, little-endian:

    header     samples u32 · kind i32 · time i64 (epoch ms, the earliest)
    series     i64 a sample, ascending; equal ones in the order of arrival
    values     f64 a sample
    times      u32 a sample, ms after the header's time; absent when all share one (kind ONE_TIME)

Kinds are negative. Before there were kinds a slice was ids, times and values of 8 bytes each: it begins with a series
id, and those are never negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from chalicelib.tsdb.columns import Columns, join, unpack
from chalicelib.tsdb.runs import Runs, of_columns
from chalicelib.tsdb.wanted import Wanted

HOUR_MS = 3_600_000
ONE_TIME, TIMES = -1, -2
_HEADER = Struct("<Iiq")


@dataclass(frozen=True, slots=True)
class Head:
    """`metrics[i]`'s slice is `payload[places[i] : places[i + 1]]`; `hour` is in epoch ms."""

    hour: int
    metrics: list[int]
    places: list[int]
    payload: bytes


def build_heads(samples: Columns, metrics: NDArray[np.int32], ranks: NDArray[np.int32]) -> Iterator[Head]:
    """One head per sample hour: by metric type, then series, then in the order of arrival.

    `metrics` holds each sample's metric type number, `ranks` its series' place among all by metric type and id.
    """
    hours = samples.times // HOUR_MS
    if not len(hours):
        return
    if hours.min() == hours.max():
        yield _build(int(hours[0]), samples, metrics, ranks)
        return
    # Sorted once: a history that is imported has thousands of hours, and to look for each in all samples takes minutes.
    order = np.argsort(hours, kind="stable")
    ordered = hours[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    for begin, end in pairwise([*starts.tolist(), len(ordered)]):
        chosen = order[begin:end]
        yield _build(int(ordered[begin]), samples.where(chosen), metrics[chosen], ranks[chosen])


def join_slices(hour: int, slices: Mapping[int, bytes]) -> Head:
    """A head of slices by metric type."""
    places = [*accumulate(map(len, slices.values()), initial=0)]
    return Head(hour, list(slices), places, b"".join(slices.values()))


def cut_slices(metrics: Sequence[int], places: Sequence[int], payload: bytes) -> dict[int, bytes]:
    """A head's slices by metric type."""
    return {metric: payload[a:b] for metric, (a, b) in zip(metrics, pairwise(places), strict=True)}


def pack_slice(samples: Columns) -> bytes:
    """A slice of samples of one metric type and hour, in their order by series and arrival; at least one."""
    return b"".join(_Parts(samples).slice(0, len(samples), int(samples.times.min()), int(samples.times.max())))


def unpack_slice(payload: bytes) -> Columns:
    """The samples of a slice. Raises ValueError for a kind this code does not read."""
    count, kind, first = _HEADER.unpack_from(payload)
    if kind >= 0:
        return unpack(payload)
    ids = np.frombuffer(payload, "<i8", count, _HEADER.size)
    values = np.frombuffer(payload, "<f8", count, _HEADER.size + 8 * count)
    if kind == ONE_TIME:
        return Columns(ids, np.full(count, first), values)
    if kind == TIMES:
        times = np.frombuffer(payload, "<u4", count, _HEADER.size + 16 * count)
        return Columns(ids, times.astype(np.int64) + first, values)
    raise ValueError(f"a slice of kind {kind}, which this version does not read")


def unpack_slices(slices: Iterable[bytes], wanted: Wanted) -> list[Runs]:
    """What is wanted of slices in the order of arrival; neighbours of the same series and one time each as one part."""
    found: list[Runs] = []
    group: list[tuple[int, bytes]] = []  # (time, slice)
    ids = b""
    for payload in slices:
        count, kind, first = _HEADER.unpack_from(payload)
        its_ids = payload[_HEADER.size : _HEADER.size + 8 * count] if kind == ONE_TIME else b""
        if group and (its_ids != ids or first <= group[-1][0]):
            found += _wanted_of(group, ids, wanted)
            group = []
        if kind == ONE_TIME:
            ids = its_ids
            group.append((first, payload))
        else:
            found.append(of_columns(wanted.of(unpack_slice(payload))))
    return found + _wanted_of(group, ids, wanted)


def _wanted_of(group: list[tuple[int, bytes]], packed_ids: bytes, wanted: Wanted) -> list[Runs]:
    """What is wanted of slices of the same series, whose times ascend."""
    ids = np.frombuffer(packed_ids, "<i8")
    if (ids[1:] == ids[:-1]).any():  # of one series several samples at a time
        return [of_columns(wanted.of(unpack_slice(payload))) for _, payload in group]
    held = [(time, payload) for time, payload in group if wanted.start <= time < wanted.end]
    chosen = wanted.has(ids)
    if not held or not chosen.any():
        return []
    at = _HEADER.size + len(packed_ids)
    table = np.array([np.frombuffer(payload, "<f8", len(ids), at)[chosen] for _, payload in held])
    return [Runs(ids[chosen], None, np.array([time for time, _ in held]), table.T.ravel())]


def unpack_together(payloads: Sequence[bytes]) -> Columns:
    """The samples of slices, in their order, as one: the columns are joined before anything is decoded.

    Raises ValueError as `unpack_slice` does.
    """
    headers = [_HEADER.unpack_from(payload) for payload in payloads]
    if not headers or any(kind not in (ONE_TIME, TIMES) for _, kind, _ in headers):
        return join([*map(unpack_slice, payloads)])
    ids, values, offsets = [], [], []
    for payload, (count, kind, _) in zip(payloads, headers, strict=True):
        middle, end = _HEADER.size + 8 * count, _HEADER.size + 16 * count
        ids.append(payload[_HEADER.size : middle])
        values.append(payload[middle:end])
        offsets.append(payload[end:] if kind == TIMES else bytes(4 * count))
    times = np.repeat(np.array([first for *_, first in headers], np.int64), [count for count, *_ in headers])
    if any(kind == TIMES for _, kind, _ in headers):
        times += np.frombuffer(b"".join(offsets), "<u4")
    return Columns(np.frombuffer(b"".join(ids), "<i8"), times, np.frombuffer(b"".join(values), "<f8"))


def _build(hour: int, samples: Columns, metrics: NDArray[np.int32], ranks: NDArray[np.int32]) -> Head:
    # Rank and position in one number: sorting plain numbers is five times as fast as a stable sort of ranks. What is
    # sorted by series here costs compaction a fourth: it merges runs instead of sorting.
    keys = (ranks.astype(np.int64) << 32) | np.arange(len(ranks))
    keys.sort()
    order = keys & 0xFFFFFFFF
    ordered, grouped = metrics[order], samples.where(order)
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    firsts = np.minimum.reduceat(grouped.times, starts).tolist()
    lasts = np.maximum.reduceat(grouped.times, starts).tolist()
    parts = _Parts(grouped)
    slices = [
        b"".join(parts.slice(begin, end, first, last))
        for (begin, end), first, last in zip(pairwise([*starts.tolist(), len(ordered)]), firsts, lasts, strict=True)
    ]
    return join_slices(hour * HOUR_MS, dict(zip(ordered[starts].tolist(), slices, strict=True)))


class _Parts:
    """The bytes of columns, of which slices are cut without copying."""

    def __init__(self, samples: Columns) -> None:
        self._times = samples.times
        self._ids = memoryview(samples.ids.tobytes())
        self._values = memoryview(samples.values.tobytes())

    def slice(self, begin: int, end: int, first: int, last: int) -> Iterator[bytes | memoryview]:
        """The parts of the slice of samples from `begin` to `end`, whose times are from `first` to `last`."""
        yield _HEADER.pack(end - begin, ONE_TIME if first == last else TIMES, first)
        yield self._ids[8 * begin : 8 * end]
        yield self._values[8 * begin : 8 * end]
        if first != last:
            yield (self._times[begin:end] - first).astype("<u4").tobytes()
