"""The client on its own, by Node's test runner: outages, limits, templates of routes, the end of a program."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.js.workshop import Workshop

NODE = Path(__file__).parent / "node"

pytestmark = pytest.mark.xdist_group("js")  # one installation, one compiler at a time


@pytest.mark.parametrize("name", sorted(file.name for file in NODE.glob("*.test.mjs")))
def test_every_test_of_node_passes(workshop: Workshop, name: str) -> None:
    shutil.copytree(NODE, workshop.folder, dirs_exist_ok=True)
    command = ["node", "--test", "--test-reporter=tap", name]
    try:
        done = subprocess.run(command, cwd=workshop.folder, capture_output=True, timeout=120, text=True)
    except subprocess.TimeoutExpired as stuck:  # what it said tells where
        pytest.fail(f"{stuck}\n{(stuck.stdout or b'').decode()}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\n# pass 0\n" not in done.stdout
