"""Installing writes a token that only root reads, a hardened unit and a configuration; uninstalling takes them away."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from perfmon_agent import configuration
from perfmon_agent.cli import main
from perfmon_agent.configuration import Configuration
from perfmon_agent.installing import Machine, configuration_text, install, uninstall
from perfmon_agent.mistakes import ConfigurationError
from perfmon_agent.unit import unit

PYTHON = Path("/opt/perfmon agent/bin/python3")


@dataclass
class Told:
    """What was run and said."""

    ran: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def run(self, command: Sequence[str]) -> None:
        """Remember a command."""
        self.ran.append(" ".join(command))


def machine(root: Path, told: Told, python: Path = PYTHON) -> Machine:
    """A machine below a folder."""
    return Machine(root, told.run, told.said.append, python)


def given(*arguments: str, **environment: str) -> Configuration:
    """A configuration for `install`."""
    return configuration.read(["install", *arguments], environment, Path("/does/not/exist"))


def test_a_fresh_machine_gets_token_configuration_and_unit(tmp_path: Path) -> None:
    told = Told()
    options = given("--url", "https://x/api", "--tags", "region=eu", "--interval", "20", PERFMON_TOKEN="pm_secret")
    old = os.umask(0o000)
    try:
        install(options, machine(tmp_path, told))
    finally:
        os.umask(old)

    token = tmp_path / "etc/perfmon-agent/token"
    assert token.read_text() == "pm_secret\n"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    file = tmp_path / "etc/perfmon-agent/agent.toml"
    assert "pm_secret" not in file.read_text()
    written = configuration.read(["check", "--config", str(file)], {})
    assert (written.url, written.tags, written.interval) == ("https://x/api", {"region": "eu"}, 20)
    service = (tmp_path / "etc/systemd/system/perfmon-agent.service").read_text()
    assert (
        'ExecStart="/opt/perfmon agent/bin/python3" -I -m perfmon_agent run --config /etc/perfmon-agent/agent.toml'
        in service
    )
    assert "LoadCredential=token:/etc/perfmon-agent/token" in service
    assert "pm_secret" not in service
    assert not any("pm_secret" in line for line in told.said)
    assert told.ran == []  # a folder is not a machine that runs


def test_the_first_configuration_says_all_that_the_installation_was_told(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        """
        interval = 30
        disabled = ["disks"]
        processes.watch = ["nginx", "a \\"b\\" \\\\ c"]
        [plugins."my backup"]
        command = ["/bin/echo", "a 1"]
        """
    )
    told = given(
        "--config", str(file), "--spool-directory", "/srv/spool", "--cpu-per-core", "no", PERFMON_TAGS="a-b=c d"
    )
    file.write_text(configuration_text(told))
    assert given("--config", str(file)) == told


def test_installing_again_changes_the_token_and_leaves_the_configuration(tmp_path: Path) -> None:
    told = Told()
    install(given(PERFMON_TOKEN="pm_one"), machine(tmp_path, told))
    file = tmp_path / "etc/perfmon-agent/agent.toml"
    file.write_text("interval = 30\n")
    install(given(PERFMON_TOKEN="pm_two"), machine(tmp_path, told))
    install(given(), machine(tmp_path, told))
    assert (tmp_path / "etc/perfmon-agent/token").read_text() == "pm_two\n"
    assert file.read_text() == "interval = 30\n"
    assert "/etc/perfmon-agent/agent.toml is there already and stays as it is" in told.said


def test_without_a_token_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="There is no token"):
        install(given(), machine(tmp_path, Told()))
    assert list(tmp_path.iterdir()) == []


def test_an_interpreter_that_the_services_user_cannot_reach_is_refused(tmp_path: Path) -> None:
    python = Path("/home/me/venv/bin/python")
    with pytest.raises(ConfigurationError, match="python3 -m venv /opt/perfmon-agent"):
        install(given(PERFMON_TOKEN="pm_x"), machine(tmp_path, Told(), python))


def test_a_spool_that_the_service_could_not_write_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"leave spool\.directory out"):
        install(given("--spool-directory", "/srv/spool", PERFMON_TOKEN="pm_x"), machine(tmp_path, Told()))
    assert list(tmp_path.iterdir()) == []


def test_uninstalling_removes_what_runs_and_the_secret_and_says_what_stays(tmp_path: Path) -> None:
    told = Told()
    install(given(PERFMON_TOKEN="pm_x"), machine(tmp_path, told))
    uninstall(machine(tmp_path, told))
    uninstall(machine(tmp_path, told))
    left = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()]
    assert left == ["etc/perfmon-agent/agent.toml"]
    assert told.said.count("removed /etc/perfmon-agent/token") == 1
    assert any(line.startswith("/etc/perfmon-agent/agent.toml stays") for line in told.said)


def test_the_unit_is_hardened_and_bounded() -> None:
    text = unit(["/usr/bin/python3"], Path("/t"))
    settings = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    assert settings["DynamicUser"] == "yes"
    assert settings["ProtectSystem"] == "strict"
    assert settings["NoNewPrivileges"] == "yes"
    assert settings["CapabilityBoundingSet"] == ""
    assert settings["MemoryMax"] == "128M"
    assert settings["RestartPreventExitStatus"] == "2 3"


def test_what_systemd_would_expand_is_escaped() -> None:
    text = unit(['/opt/100%/$HOME/a"b\\c/python'], Path("/t%h"))
    assert 'ExecStart="/opt/100%%/$$HOME/a\\"b\\\\c/python"\n' in text
    assert "token:/t%%h\n" in text


def test_the_command_installs_into_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PERFMON_TOKEN", "pm_x")
    monkeypatch.setattr("sys.executable", "/usr/bin/python3")
    assert main(["install", "--root", str(tmp_path)]) == 0
    assert main(["uninstall", "--root", str(tmp_path)]) == 0
    assert "wrote /etc/systemd/system/perfmon-agent.service" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("perfmon-agent 0.")
