"""The storm itself, with one fault: what it promises is judged on the real program."""

from __future__ import annotations

import contextlib
import re

import pytest

from infra.storm import __main__ as storm
from infra.storm.verdict import Finding


@pytest.mark.parametrize("fault", ["valkey killed"])
def test_after_a_fault_under_load_every_promise_is_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(storm, "CALM", 1.0)
    monkeypatch.setattr("sys.argv", ["storm", fault])
    status = storm.main()
    said = capsys.readouterr().out

    assert status == 0, said
    events = re.search(r"(\d+) events, (\d+) levels, (\d+) crossings", said)
    assert events is not None
    assert all(int(count) > 0 for count in events.groups())


def test_a_broken_promise_is_an_exit_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = [Finding("all is stored", "9 instead of 10", is_kept=False)]
    monkeypatch.setattr(storm, "running", lambda directory, agent: contextlib.nullcontext())
    monkeypatch.setattr(storm, "storm", lambda service, order: broken)
    monkeypatch.setattr("sys.argv", ["storm"])

    assert storm.main() == 1
    assert "| all is stored | 9 instead of 10 | **BROKEN** |" in capsys.readouterr().out
