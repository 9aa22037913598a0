"""Ends what a stack left behind that was killed before it could stop its programs."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

import psutil

_END_SECONDS = 5.0
_SAME = 0.1  # seconds: a process with the recorded id that began at another time is somebody else's


def record(directory: Path, pids: Mapping[str, int]) -> None:
    """Note which programs are running, by name."""
    noted = []
    for name, pid in pids.items():
        with contextlib.suppress(psutil.NoSuchProcess):
            noted.append({"name": name, "pid": pid, "started": psutil.Process(pid).create_time()})
    new = directory / "processes.json.new"
    new.write_text(json.dumps(noted))
    new.replace(directory / "processes.json")


def end(directory: Path) -> list[str]:
    """End the noted programs that still run; their names. What else has come to use their ids is left alone."""
    file = directory / "processes.json"
    try:
        noted = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return []
    running = {}
    for entry in noted:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(entry["pid"])
            is_same = abs(process.create_time() - entry["started"]) < _SAME
            if is_same and process.status() != psutil.STATUS_ZOMBIE:
                process.terminate()
                running[process] = entry["name"]
    _, alive = psutil.wait_procs(list(running), timeout=_END_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=_END_SECONDS)
    file.unlink()
    return list(running.values())
