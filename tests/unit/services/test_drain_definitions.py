"""What containers announce again is put into the catalogue once, and once more when it may have gone from there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from chalicelib.domain.errors import Unavailable
from chalicelib.domain.series import Definition, Kind
from chalicelib.domain.series_limits import Defined
from chalicelib.services.drain import Drain
from chalicelib.tsdb.frame import FrameBuilder
from chalicelib.tsdb.progress import NOTHING_DRAINED, DrainState

NOW = 1_800_000_000_000
CPU = Definition("cpu_usage", "percent", Kind.SAMPLED, (("host", "a"),))
MEMORY = Definition("memory_usage", "percent", Kind.SAMPLED, (("host", "a"),))


class World:
    """A stream, and a store that remembers what was defined in it."""

    def __init__(self) -> None:
        self.state = DrainState(NOTHING_DRAINED, 0, 0, 0, 0)
        self.entries: list[tuple[str, bytes]] = []
        self.defined: list[set[str]] = []
        self.is_down = False

    def announce(self, *rows: list[Definition]) -> None:
        """A frame arrives that says what series stand for, and holds no samples of theirs."""
        frame = FrameBuilder()
        for row in rows:
            frame.define(msgspec.msgpack.encode([(e.metric_type, e.unit, int(e.kind), e.tags) for e in row]))
        number = len(self.entries)
        self.entries.append((f"{number + 1}-0", frame.pack(7, number)))

    def read(self, start: str, count: int) -> list[tuple[str, bytes]]:
        return self.entries[max(int(start.partition("-")[0]) - 1, 0) :][:count]

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
        return Defined(dict.fromkeys(definitions, 1), {})

    def advance(self, state: DrainState, **_: Any) -> None:
        self.state = state

    def expire_waiting(self, before: int) -> None:
        """Nothing waits."""

    def take_waiting(self, series_ids: list[int]) -> list[bytes]:
        return []


@pytest.fixture
def world() -> World:
    """An empty one."""
    return World()


@pytest.fixture
def drain(world: World) -> Drain:
    """A drain of it."""
    return Drain(world, world, retention_ms=1, live_window_ms=1)  # type: ignore[arg-type]  # as much of it as is called


def test_what_is_announced_again_is_not_asked_about(world: World, drain: Drain) -> None:
    for _ in range(3):
        world.announce([CPU], [CPU])
        drain.run(NOW)
    world.announce([CPU], [CPU, MEMORY])
    drain.run(NOW)
    assert world.defined == [{"cpu_usage"}, {"cpu_usage", "memory_usage"}]


def test_it_is_put_in_again_after_series_were_deleted(world: World, drain: Drain) -> None:
    world.announce([CPU])
    drain.run(NOW)
    world.state = replace(world.state, catalogue_epoch=1)
    world.announce([CPU])
    drain.run(NOW)
    assert world.defined == [{"cpu_usage"}, {"cpu_usage"}]


def test_what_was_rolled_back_was_never_heard(world: World, drain: Drain) -> None:
    world.announce([CPU])
    world.is_down = True
    with pytest.raises(Unavailable):
        drain.run(NOW)
    world.is_down = False
    drain.run(NOW)
    assert world.defined == [{"cpu_usage"}]
