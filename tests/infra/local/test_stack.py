"""`python -m infra.local` as a person meets it: ready, stopped, killed, started again, and told what is wrong."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import psutil
import pytest

from infra.local import ports
from infra.local.program import REPOSITORY
from tests.infra.local.eventually import eventually
from tests.infra.local.running_gateway import SAMPLE_APP

READY = re.compile(r"ready: http://127\.0\.0\.1:(\d+) token: (\S+)\n")


class Stack:
    """One run of the program."""

    def __init__(
        self,
        directory: Path,
        environment: Mapping[str, str] = MappingProxyType({}),
        *,
        port: int = 0,
        app: Path = SAMPLE_APP,
    ) -> None:
        given = {"LOCAL_DIR": str(directory), "PORT": str(port), "AGENT": "0", **environment}
        self.directory = directory
        self.process = subprocess.Popen(
            [sys.executable, "-m", "infra.local", "--app-dir", str(app)],
            env={**os.environ, **given},
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        self.lines = self.process.stdout

    def ready(self) -> tuple[int, str]:
        """The port and the token of the line that says it is ready."""
        line = self.lines.readline()
        found = READY.fullmatch(line)
        assert found, line + self.lines.read()
        return int(found[1]), found[2]

    def family(self) -> dict[str, int]:
        """The process ids of the parts by name."""
        noted = json.loads((self.directory / "processes.json").read_text())
        return {entry["name"]: entry["pid"] for entry in noted}

    def everybody(self) -> list[psutil.Process]:
        """All processes below it."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self) -> str:
        """Wait for its end; what it still said."""
        said = self.lines.read()
        self.process.wait(15)
        self.lines.close()
        return said


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Stack]]:
    """Where tests put the stacks they start, so that none is left behind."""
    stacks: list[Stack] = []
    yield stacks
    for stack in stacks:
        if stack.process.poll() is None:
            stack.process.terminate()
        stack.process.wait(15)
        stack.lines.close()


def test_it_gets_ready_serves_restarts_what_dies_and_stops_without_a_trace(
    tmp_path: Path, started: list[Stack]
) -> None:
    directory = tmp_path / "local"
    stack = Stack(directory)
    started.append(stack)
    port, token = stack.ready()

    assert _status(port, "/api/monitoring/health/ready") == 200
    assert token == (directory / "token").read_text().strip() == "token-of-local-admin"
    assert (directory / "token").stat().st_mode & 0o777 == 0o600
    assert (directory / "agent-token").read_text().strip() == "token-of-agent"
    assert set(stack.family()) == {"aws", "valkey", "postgres", "mail", "api", "functions"}

    old = stack.family()
    for part in ("valkey", "api", "postgres"):
        os.kill(old[part], signal.SIGKILL)
        assert stack.lines.readline() == f"{part} ended (signal SIGKILL) and is started again\n"
    eventually(lambda: not set(stack.family().values()) & {old["valkey"], old["api"], old["postgres"]})
    eventually(lambda: _status(port, "/api/echo") == 200)

    everybody = stack.everybody()
    begun = time.monotonic()
    stack.process.send_signal(signal.SIGINT)
    assert stack.end() == "stopping\n"
    assert time.monotonic() - begun < 30
    assert stack.process.returncode == 0
    assert _running(everybody) == []


def test_killed_it_leaves_nothing_behind_and_starts_again_with_the_same_token(
    tmp_path: Path, started: list[Stack]
) -> None:
    first = Stack(tmp_path / "local", {"SAMPLE_NOTES": str(tmp_path / "notes")})
    started.append(first)
    _, token = first.ready()
    everybody = first.everybody()

    first.process.kill()

    eventually(lambda: _running(everybody) == [])
    second = Stack(tmp_path / "local", {"SAMPLE_NOTES": str(tmp_path / "notes")})
    started.append(second)
    assert second.ready()[1] == token
    minted = [line for line in (tmp_path / "notes").read_text().splitlines() if '"kind": "mint_token"' in line]
    assert len(minted) == 2  # at the first start, one for people and one for the agent


def test_two_stacks_run_side_by_side_but_not_in_one_directory(tmp_path: Path, started: list[Stack]) -> None:
    first, second = Stack(tmp_path / "one"), Stack(tmp_path / "two")
    started += [first, second]
    ports_in_use = {first.ready()[0], second.ready()[0]}

    third = Stack(tmp_path / "one")
    started.append(third)

    assert len(ports_in_use) == 2
    assert third.end().startswith(f"Another stack is running in {tmp_path / 'one'} (process {first.process.pid}). ")
    assert third.process.returncode == 1


def test_addresses_that_are_given_replace_the_parts(tmp_path: Path, started: list[Stack]) -> None:
    notes = tmp_path / "notes"
    given = {"DATABASE_URL": "postgresql://elsewhere/x", "REDIS_URL": "redis://elsewhere", "SAMPLE_NOTES": str(notes)}
    stack = Stack(tmp_path / "local", given)
    started.append(stack)

    stack.ready()

    assert set(stack.family()) == {"aws", "mail", "api", "functions"}
    assert json.loads(notes.read_text().splitlines()[0])["what"] == {"database": "postgresql://elsewhere/x"}


def test_a_taken_port_is_told_with_the_way_out(tmp_path: Path, started: list[Stack]) -> None:
    with contextlib.closing(ports.listening(0)) as taken:
        port = taken.getsockname()[1]
        stack = Stack(tmp_path / "local", port=port)
        started.append(stack)

        assert stack.end() == (
            f"Port {port} is taken by another program. Stop it, or choose another port: PORT={port + 1} make run\n"
        )
    assert stack.process.returncode == 1


def test_a_service_that_does_not_start_is_told_in_a_line(tmp_path: Path, started: list[Stack]) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "app.py").write_text("raise ValueError('TICK_SECONDS: 0 is not allowed')")
    stack = Stack(tmp_path / "local", app=app)
    started.append(stack)

    assert stack.end() == "The service does not start. ValueError: TICK_SECONDS: 0 is not allowed\n"
    assert stack.process.returncode == 1


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PORT", "eighty", "PORT is 'eighty'; it must be a number from 0 to 65535"),
        ("AGENT", "no", "AGENT is 'no'; it must be 1 or 0"),
        ("LOCAL_DIR", "/dev/null/x", "/dev/null/x cannot be written to (not a directory)."),
    ],
)
def test_a_bad_setting_is_told_in_a_line(
    tmp_path: Path, started: list[Stack], variable: str, value: str, said: str
) -> None:
    stack = Stack(tmp_path / "local", {variable: value})
    started.append(stack)

    answer = stack.end()

    assert answer.startswith(said)
    assert "Traceback" not in answer
    assert stack.process.returncode == 1


def test_reset_wipes_what_no_stack_uses_and_nothing_else(tmp_path: Path) -> None:
    ours, other = tmp_path / "ours", tmp_path / "other"
    for place in (ours, other):
        place.mkdir()
        (place / "data").write_text("x")
    (ours / "lock").touch()

    results = [_reset(place) for place in (ours, other, tmp_path / "missing")]

    assert [result.returncode for result in results] == [0, 1, 0]
    assert not ours.exists()
    assert (other / "data").exists()
    assert "holds no local stack" in results[1].stderr


def _reset(directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "infra.local.reset"]
    environment = {**os.environ, "LOCAL_DIR": str(directory)}
    return subprocess.run(command, env=environment, cwd=REPOSITORY, capture_output=True, text=True)


def _status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", path)
        return connection.getresponse().status


def _running(processes: list[psutil.Process]) -> list[str]:
    """Which of them are still there, but for those that only wait to be reaped."""
    there = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                there.append(" ".join(process.cmdline()))
    return there
