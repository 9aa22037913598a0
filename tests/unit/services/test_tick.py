"""Ticks come on the grid, once each, and a step that fails does not keep the others back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from chalicelib.domain.errors import Unavailable
from chalicelib.domain.series import Definition
from chalicelib.domain.tokens import Grant
from chalicelib.services.drain import Drained
from chalicelib.services.tick import ScheduleTicks, Tick, grid_instant


class World:
    """Everything a tick touches, with a memory; `down` names what does not answer, `faulty` what has a fault."""

    def __init__(self) -> None:
        self.last = 0
        self.done: list[str] = []
        self.down: set[str] = set()
        self.faulty: set[str] = set()
        self.behind = False

    def _do(self, what: str) -> None:
        if what in self.down:
            raise Unavailable(what)
        if what in self.faulty:
            raise ZeroDivisionError(what)
        self.done.append(what)

    def advance(self, instant: int, *, latest: int) -> bool:
        if instant <= self.last:
            return False
        self.last = instant
        return True

    def grants(self) -> dict[str, Grant]:
        return {}

    def note_uses(self, uses: Mapping[str, int]) -> None:
        self._do("uses")

    def take_uses(self) -> dict[str, int]:
        return {"tok_1": 5}

    def series_of(self, metric_types: Sequence[str]) -> dict[int, Definition]:
        return {}

    def metric_types(self) -> list[str]:
        return ["a"]


class Drain:
    """Stands for the drain."""

    def __init__(self, world: World) -> None:
        self._world = world

    def run(self, now: int) -> Any:
        self._world._do("drain")
        return Drained(behind=self._world.behind)


class Evaluate:
    """Stands for the evaluation; remembers whether it was told that all data is there."""

    def __init__(self, world: World) -> None:
        self._world = world

    def run(self, instant: int, *, healthy: bool) -> None:
        self._world._do(f"evaluate {instant}{'' if healthy else ' in doubt'}")


class Agents:
    """Stands for the introduction of agents."""

    def __init__(self, world: World) -> None:
        self._world = world

    def run(self) -> None:
        self._world._do("agents")


class Rebuilt(World):
    """Stands for the caches that are rebuilt."""

    def __init__(self, world: World, what: str) -> None:
        super().__init__()
        self._world, self._what = world, what

    def rebuild(self, content: object) -> None:
        self._world._do(self._what)

    def run(self, now: int) -> None:
        self._world._do(self._what)


def tick(world: World) -> Tick:
    """A tick in this world."""
    grants, types, keeping = (Rebuilt(world, what) for what in ("tokens", "types", "housekeeping"))
    return Tick(
        *(world, Drain(world), world, grants, types, world, [keeping], Evaluate(world), Agents(world))  # type: ignore[arg-type]
    )


def test_an_instant_is_done_once_and_in_order() -> None:
    world = World()
    assert [tick(world).run(instant, now=0).skipped for instant in (10, 10, 30, 20, 40)] == [
        False,
        True,
        False,
        True,
        False,
    ]


def test_housekeeping_is_done_once_a_minute() -> None:
    world = World()
    tick(world).run(50_000, now=0)
    assert world.done == ["drain", "evaluate 50000", "tokens", "uses"]
    tick(world).run(60_000, now=0)
    assert world.done[4:] == ["drain", "evaluate 60000", "tokens", "uses", "types", "agents", "housekeeping"]


def test_rules_are_judged_in_doubt_while_not_everything_is_drained() -> None:
    world = World()
    world.behind = True
    tick(world).run(10_000, now=0)
    world.behind, world.down = False, {"drain"}
    tick(world).run(20_000, now=0)
    assert [each for each in world.done if each.startswith("evaluate")] == [
        *("evaluate 10000 in doubt", "evaluate 20000 in doubt")
    ]


@pytest.mark.parametrize(
    ("down", "failed"), [("drain", ["drain"]), ("tokens", ["tokens"]), ("types", ["metric types"])]
)
def test_a_step_that_fails_is_told_and_does_not_keep_the_others_back(down: str, failed: list[str]) -> None:
    world = World()
    world.down = {down}
    done = tick(world).run(60_000, now=0)
    assert done.failed == failed
    assert "housekeeping" in world.done


def test_a_fault_of_ours_in_a_step_keeps_no_other_back_and_is_handed_on() -> None:
    world = World()
    world.faulty = {"drain", "types"}
    done = tick(world).run(60_000, now=0)
    assert done.failed == ["drain", "metric types"]
    assert [repr(each) for each in done.faults] == ["ZeroDivisionError('drain')", "ZeroDivisionError('types')"]
    assert {"evaluate 60000 in doubt", "tokens", "agents", "housekeeping"} <= set(world.done)


def test_the_instants_of_the_next_75_seconds_are_ordered_with_their_delays() -> None:
    sent: dict[int, int] = {}

    class Queue:
        def send(self, delays: Mapping[int, int]) -> None:
            sent.update(delays)

    now = 1_000_000_003_500
    instants = ScheduleTicks(Queue(), tick_seconds=10).run(now)

    assert instants == [1_000_000_010_000 + n * 10_000 for n in range(7)]
    assert list(sent) == instants
    for instant, delay in sent.items():
        assert instant <= now + delay * 1000 < instant + 1000


def test_the_present_instant_of_the_grid_is_the_latest_that_has_come() -> None:
    assert grid_instant(1_234_567, 10) == 1_230_000
    assert grid_instant(1_230_000, 10) == 1_230_000
