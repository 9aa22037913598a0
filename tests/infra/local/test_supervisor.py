"""What the supervisor does with parts that die, and in which order it stops the others."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from infra.local.parts import Part
from infra.local.program import Program
from infra.local.supervisor import Supervisor

AT_ONCE = (0.0, 0.0, 0.0, 0.0, 0.0)


class Enough(Exception):
    """Ends the watch of a supervisor, which itself never ends it."""


def test_a_part_that_keeps_dying_is_told_once_with_its_log_and_the_remedy_and_started_ever_again(
    tmp_path: Path,
) -> None:
    said: list[str] = []
    starts = tmp_path / "starts"

    def say(line: str) -> None:
        said.append(line)
        if line.startswith("other"):
            raise Enough

    supervisor = Supervisor(tmp_path, say, AT_ONCE)
    supervisor.launch(_part(tmp_path, "fragile", f"echo out of luck; echo >> {starts}; exit 3"))
    still = f"while [ $(wc -l < {starts}) -lt 12 ]; do sleep 0.01; done"
    supervisor.launch(_part(tmp_path, "other", still))

    with pytest.raises(Enough):
        supervisor.watch()
    supervisor.stop()

    assert said[:4] == ["fragile ended (exit status 3) and is started again"] * 4
    assert said[4].startswith("fragile ended (exit status 3), 5 times within a minute. It is started again every 0 sec")
    assert "out of luck" in said[4]
    assert said[4].endswith("Do something.")
    assert said[5:] == ["other ended (exit status 0) and is started again"]


def test_a_part_that_cannot_be_started_is_tried_again(tmp_path: Path) -> None:
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if len(said) == 3:
            raise Enough

    part = _part(tmp_path, "part", "exit 1")
    reasons = iter([None, OSError(28, "No space left on device"), None])

    def launch() -> Program:
        if (reason := next(reasons)) is not None:
            raise reason
        return part.launch()

    supervisor = Supervisor(tmp_path, say, AT_ONCE)
    supervisor.launch(replace(part, launch=launch))
    with pytest.raises(Enough):
        supervisor.watch()

    ended = "part ended (exit status 1) and is started again"
    full = "part could not be started: [Errno 28] No space left on device and is started again"
    assert said == [ended, full, ended]


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


def _part(directory: Path, name: str, script: str) -> Part:
    """A shell script as a part; it is ready when a file of its name is there."""
    program = Program(["sh", "-c", script], directory / f"{name}.log", name=name)

    def launch() -> Program:
        program.start(dict(os.environ))
        return program

    def wait_until_ready() -> None:
        program.wait_until((directory / name).exists, seconds=10)

    return Part(name, launch, wait_until_ready, 0.5, "Do something.")
