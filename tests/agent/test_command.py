"""The command ends with the code that its documentation promises, and one sentence."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from perfmon_agent.buffer import Buffer
from perfmon_agent.cli import main
from perfmon_agent.spool import Spool

from tests.agent.given import Api, Clock, delivery
from tests.scripted_api import Answer, scripted_api


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """The handlers of this process as they were."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_refused_token_is_exit_code_3_and_what_was_read_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PERFMON_TOKEN", "pm_x")
    with scripted_api(Answer(401, {"detail": "The token was revoked."})) as api:
        code = main(["--url", api.url, "--interval", "1", "--host", "h", "--spool-directory", str(tmp_path)])
    assert code == 3
    assert "The token was revoked. Give the agent a token with the scope `ingest`." in caplog.text

    kept = Spool(tmp_path, 1 << 20)
    later = Api()
    sending = delivery(later, buffer=Buffer(10), spool=kept, clock=Clock())
    sending.round(1e9)
    sending.release()
    assert len(set(later.samples)) >= 1


def test_a_spool_of_another_agent_is_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PERFMON_TOKEN", "pm_x")
    other = Spool(tmp_path, 1 << 20)
    assert main(["--spool-directory", str(tmp_path)]) == 2
    other.close()
    assert "is used by another agent; give each its own spool.directory" in capsys.readouterr().err


def test_a_token_in_the_open_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setenv("PERFMON_TOKEN", "pm_x")
    monkeypatch.setattr("perfmon_agent.cli.Agent.run", lambda self, stop: self._delivery.release())
    assert main(["--url", "http://api.example/api", "--spool-directory", str(tmp_path)]) == 0
    assert "http://api.example/api is not https" in caplog.text


def test_a_folder_that_cannot_be_a_spool_is_told_and_memory_takes_its_place(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PERFMON_TOKEN", "pm_x")
    monkeypatch.setattr("perfmon_agent.cli.Agent.run", lambda self, stop: self._delivery.release())
    assert main(["--spool-directory", str(tmp_path / "file")]) == 0
    assert "there is no spool (" in caplog.text


def test_check_prints_a_reading_with_the_plugins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "agent.toml"
    file.write_text('[plugins.a]\ncommand = ["/bin/echo", "queue_length 7 count queue=print"]\n')
    assert main(["check", "--config", str(file)]) == 0
    lines = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()}
    assert lines["queue_length"] == ["7.00", "count", "queue=print"]
    assert lines["memory_usage"][1] == "percent"
