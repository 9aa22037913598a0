"""A stream of frames and a store without a database, as much of both as the drain calls."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from struct import pack
from typing import Any

import msgspec

from chalicelib.domain.errors import Unavailable
from chalicelib.domain.series import Definition, Kind
from chalicelib.domain.series_limits import Defined
from chalicelib.tsdb.columns import unpack
from chalicelib.tsdb.frame import FrameBuilder
from chalicelib.tsdb.head import Head, cut_slices, unpack_slice
from chalicelib.tsdb.progress import NOTHING_DRAINED, DrainCounts, DrainState

NOW = 1_800_000_000_000
CPU = Definition("cpu_usage", "percent", Kind.SAMPLED, (("host", "a"),))
MEMORY = Definition("memory_usage", "percent", Kind.SAMPLED, (("host", "a"),))


class World:
    """Remembers what was defined in it, and what was written: samples as values, by step."""

    def __init__(self) -> None:
        self.state = DrainState(NOTHING_DRAINED, 0, 0, 0, 0)
        self.entries: list[tuple[str, bytes]] = []
        self.defined: list[set[str]] = []
        self.known: set[int] = set()
        self.stored: list[list[float]] = []
        self.waiting: list[float] = []
        self.counts: list[DrainCounts] = []
        self.definitions_wanted = 0
        self.is_down = False

    def arrive(self, values: Sequence[float], *rows: list[Definition], at: int = NOW) -> None:
        """A frame arrives with samples of CPU, and says what series stand for."""
        frame = FrameBuilder()
        if values:
            ids = [pack("<q", CPU.series_id)] * len(values)
            frame.add_samples(ids, list(values), [at + place for place in range(len(values))])
        for row in rows:
            frame.define(msgspec.msgpack.encode([(e.metric_type, e.unit, int(e.kind), e.tags) for e in row]))
        number = len(self.entries)
        self.entries.append((f"{number + 1}-0", frame.pack(7, number)))

    def announce(self, *rows: list[Definition]) -> None:
        """A frame arrives that says what series stand for, and holds no samples of theirs."""
        self.arrive((), *rows)

    def read(self, start: str, count: int) -> list[tuple[str, bytes]]:
        entry = int(start.lstrip("(").partition("-")[0])
        return self.entries[entry if start.startswith("(") else max(entry - 1, 0) :][:count]

    def want_definitions(self) -> None:
        self.definitions_wanted += 1

    def trim_before(self, entry_id: str) -> int:
        return 0

    @contextlib.contextmanager
    def step(self) -> Iterator[World]:
        yield self

    def marks(self) -> dict[int, int]:
        return {7: self.state.number + 1} if self.state.writer else {}

    def define(self, definitions: Mapping[int, Definition], now: int) -> Defined:
        if self.is_down:
            raise Unavailable("down")
        self.defined.append({each.metric_type for each in definitions.values()})
        self.known |= definitions.keys()
        return Defined(dict.fromkeys(definitions, 1), {})

    def metrics_of(self, series_ids: Sequence[int]) -> dict[int, int]:
        return {each: 1 for each in series_ids if each in self.known}

    def add_head(self, head: Head, **_: Any) -> None:
        slices = cut_slices(head.metrics, head.places, head.payload).values()
        self.stored.append([value for each in slices for value in unpack_slice(each).values.tolist()])

    def keep_waiting(self, payloads: Mapping[int, bytes], now: int) -> None:
        self.waiting += [value for each in payloads.values() for value in unpack(each).values.tolist()]

    def advance(self, state: DrainState, *, counts: DrainCounts, **_: Any) -> None:
        self.state = state
        self.counts.append(counts)

    def expire_waiting(self, before: int) -> None:
        """Nothing waits for so long."""

    def take_waiting(self, series_ids: list[int]) -> list[bytes]:
        return []
