"""The dashboard's own tests: Vitest runs its components, in a window of paper."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from infra import dashboard
from tests.lacking import lacking


def test_the_components_behave(tmp_path: Path) -> None:
    # given what the dashboard's build has installed
    node = shutil.which("node") or lacking("Node.js", "apt-get install nodejs npm")
    vitest = dashboard.SOURCE / "node_modules" / "vitest" / "vitest.mjs"
    if not vitest.exists():
        lacking("Vitest", "make dashboard")

    # when its tests run, then all of them pass
    report = tmp_path / "report.json"
    command = [node, str(vitest), "run", "--reporter=default", "--reporter=json", f"--outputFile={report}"]
    done = subprocess.run(command, cwd=dashboard.SOURCE, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(report.read_text())["numPassedTests"] >= 68
