"""Programs end with who started them, however that one ends."""

from __future__ import annotations

import signal
import subprocess
import sys

import psutil
import pytest

from infra.local import lifeline
from infra.local.program import REPOSITORY
from tests.infra.local.eventually import eventually

# Both roads can be taken on Linux: the kernel's, and the keeper that other systems need.
ROADS = ["kernel", "keeper"] if sys.platform == "linux" else ["keeper"]
_PARENT = """
import signal, subprocess, sys, time
from infra.local import lifeline
if sys.argv[1] == "kernel":
    command = lifeline.wrapped(["sleep", "60"], dying=signal.SIGTERM)
else:
    keep = "import sys; from infra.local import lifeline; lifeline._keep(['sleep', '60'], int(sys.argv[1]), 15)"
    command = [sys.executable, "-c", keep, str(lifeline.lease())]
print(subprocess.Popen(command, pass_fds=[lifeline.lease()]).pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("road", ROADS)
def test_a_foreign_program_ends_when_its_parent_is_killed(road: str) -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, road], stdout=subprocess.PIPE, cwd=REPOSITORY, text=True)
    assert parent.stdout is not None
    with parent, parent.stdout as lines:
        child = int(lines.readline())
        family = eventually(lambda: _sleepers(child))

        parent.kill()

        eventually(lambda: not any(_runs(pid) for pid in [child, *family]))


def test_the_keeper_hands_on_the_signal_that_stops_its_program() -> None:
    keeper = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from infra.local.lifeline import _keep; sys.exit(_keep(['sleep', '60'], int(sys.argv[1]), 9))",
            str(lifeline.lease()),
        ],
        pass_fds=[lifeline.lease()],
        cwd=REPOSITORY,
    )
    eventually(lambda: _sleepers(keeper.pid))

    keeper.send_signal(signal.SIGTERM)

    assert keeper.wait(10) == 128 + signal.SIGTERM


def test_a_python_child_whose_parent_was_gone_before_it_asked_ends_at_once() -> None:
    code = "from infra.local import lifeline; lifeline.tie(1 + __import__('os').getppid(), 0); print('still here')"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=REPOSITORY, text=True)

    assert done.stdout == ""
    assert done.returncode == -signal.SIGKILL


def _sleepers(pid: int) -> list[int]:
    """The process and its children that have become `sleep`."""
    try:
        process = psutil.Process(pid)
        return [each.pid for each in [process, *process.children()] if each.name() == "sleep"]
    except psutil.NoSuchProcess:
        return []


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
