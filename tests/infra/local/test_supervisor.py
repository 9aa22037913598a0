"""What the supervisor does with parts that die, and in which order it stops the others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from infra.local.failures import StackError
from infra.local.parts import Part
from infra.local.program import Program
from infra.local.supervisor import Supervisor

AT_ONCE = (0.0, 0.0, 0.0, 0.0)


def test_a_part_that_keeps_dying_stops_everything_with_its_log_and_the_remedy(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(tmp_path, said.append, AT_ONCE)
    supervisor.launch(_part(tmp_path, "fragile", "echo out of luck; exit 3"))

    with pytest.raises(StackError) as caught:
        supervisor.watch()

    assert str(caught.value).startswith("fragile ended 5 times within a minute (last: exit status 3).")
    assert "out of luck" in str(caught.value)
    assert str(caught.value).endswith("Do something.")
    assert said == ["fragile ended (exit status 3) and is started again"] * 4


def test_the_rest_goes_on_without_a_part_that_is_not_essential(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(tmp_path, said.append, AT_ONCE)
    supervisor.launch(_part(tmp_path, "ornament", "exit 1", is_essential=False))
    supervisor.launch(_part(tmp_path, "core", "sleep 0.5; exit 2"))

    with pytest.raises(StackError, match="core ended 5 times"):
        supervisor.watch()

    assert any(line.endswith("The rest goes on without it.") for line in said)


def test_parts_stop_in_the_reverse_order_of_their_start(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, print)
    order = tmp_path / "order"
    for name in ("first", "second", "third"):
        script = f"trap 'echo {name} >> {order}; exit' TERM; echo up > {tmp_path / name}; while :; do sleep 0.01; done"
        part = _part(tmp_path, name, script)
        supervisor.launch(part)
        part.wait_until_ready()

    supervisor.stop()

    assert order.read_text().split() == ["third", "second", "first"]


def test_a_part_that_does_not_stop_is_killed_when_its_time_is_over(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, print)
    part = _part(tmp_path, "deaf", f"trap '' TERM; echo up > {tmp_path / 'deaf'}; while :; do sleep 0.01; done")
    supervisor.launch(part)
    part.wait_until_ready()

    supervisor.stop()

    assert (tmp_path / "processes.json").read_text() == "[]"


def _part(directory: Path, name: str, script: str, *, is_essential: bool = True) -> Part:
    """A shell script as a part; it is ready when a file of its name is there."""
    program = Program(["sh", "-c", script], directory / f"{name}.log", name=name)

    def launch() -> Program:
        program.start(dict(os.environ))
        return program

    def wait_until_ready() -> None:
        program.wait_until((directory / name).exists, seconds=10)

    return Part(name, launch, wait_until_ready, 0.5, "Do something.", is_essential)
