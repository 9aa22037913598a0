"""The command `perfmon` in this process, against the real service: quick enough to run many."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from perfmon_client.cli import main


@dataclass(frozen=True)
class Done:
    """What a command left: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Its output, which must be JSON and nothing else."""
        return json.loads(self.out)


class Shell:
    """Runs the command as a user would, without a new process."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, url: str, token: str):
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        for name, value in {"PERFMON_URL": url, "PERFMON_TOKEN": token, "COLUMNS": "220", "TERM": "dumb"}.items():
            monkeypatch.setenv(name, value)

    def __call__(self, *arguments: str) -> Done:
        """Run it, whatever comes of it."""
        self._capsys.readouterr()
        self._monkeypatch.setattr("sys.argv", ["perfmon", *arguments])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        written = self._capsys.readouterr()
        return Done(code, written.out, written.err)

    def good(self, *arguments: str) -> Done:
        """Run it; it must succeed."""
        done = self(*arguments)
        assert done.code == 0, (arguments, done)
        return done
