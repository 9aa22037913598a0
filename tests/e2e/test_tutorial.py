"""docs/tutorial.md: every command on it runs, in order, against the service as `make run` starts it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from infra.local.program import REPOSITORY
from tests.infra.local.test_stack import Stack

MINUTES = 4
# What the fixtures stand for: the clone, `make run`, and the installed command.
STARTS = "git clone REPOSITORY perfmon && cd perfmon\nmake run\n"
INSTALLS = '.venv/bin/python -m pip install "./clients/python[cli]"\nexport PATH="$PWD/.venv/bin:$PATH"\n'


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """The service in a folder of its own, with the agent, judging every second."""
    running = Stack(tmp_path / ".local", {"AGENT": "1", "TICK_SECONDS": "1", "PERFMON_INTERVAL": "1"}, app=REPOSITORY)
    yield running
    running.process.send_signal(signal.SIGINT)
    running.process.wait(20)
    running.lines.close()


def blocks() -> list[str]:
    """The commands on the page, in order."""
    page = (REPOSITORY / "docs" / "tutorial.md").read_text(encoding="utf-8")
    return re.findall(r"```sh\n(.*?)```", page, re.DOTALL)


def test_a_newcomer_gets_from_the_clone_to_an_alert_that_is_over(stack: Stack, tmp_path: Path) -> None:
    # given the service, and the command where a shell finds it
    port, token = stack.ready()
    starts, installs, *rest = blocks()
    assert (starts, installs) == (STARTS, INSTALLS)
    command = tmp_path / "bin" / "perfmon"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\nfrom perfmon_client.cli import main\nmain()\n")
    command.chmod(0o755)

    # when everything that follows is typed
    script = "set -eu\n" + "\n".join(rest).replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    shell = subprocess.Popen(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={
            "PATH": f"{command.parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(REPOSITORY / "clients" / "python" / "src"),
            "PERFMON_URL": f"http://127.0.0.1:{port}/api",
            "COLUMNS": "200",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = shell.communicate(timeout=MINUTES * 60)
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGKILL)
        said, _ = shell.communicate()
        pytest.fail(f"the tutorial takes longer than {MINUTES} minutes:\n{said}")
    assert shell.returncode == 0, said

    # then all that the page promises has happened
    assert "passed  slow checkouts fire" in said
    assert "Acknowledged by" in said
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    answer = requests.get(
        f"http://127.0.0.1:{port}/api/monitoring/alerts",
        params={"metricType": "checkout_time"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    (alert,) = answer.json()["alerts"]
    assert (alert["state"], alert["resolvedReason"]) == ("resolved", "recovered")
    assert alert["acknowledgementComment"] == "looking at the database"
