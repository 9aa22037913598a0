"""What containers announce again is put into the catalogue once, and once more when it may have gone from there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.errors import Unavailable
from chalicelib.services.drain import Drain
from tests.unit.services.drained_world import CPU, MEMORY, NOW, World


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
