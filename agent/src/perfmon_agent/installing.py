"""`perfmon-agent install` and `uninstall`: the files of a service of systemd, and the commands that make it run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from perfmon_agent.configuration import DEFAULT_FILE, Configuration
from perfmon_agent.mistakes import ConfigurationError
from perfmon_agent.options import OPTIONS, PLUGIN_OPTIONS
from perfmon_agent.parsing import toml
from perfmon_agent.placing import is_superuser
from perfmon_agent.unit import unit

TOKEN = Path("/etc/perfmon-agent/token")
UNIT = Path("/etc/systemd/system/perfmon-agent.service")
STATE = Path("/var/lib/private/perfmon-agent")
_HOMES = (Path("/root"), Path("/home"))


@dataclass(frozen=True)
class Machine:
    """Where to install: `root` = /, or a folder that becomes a machine (an image), where nothing is started."""

    root: Path
    run: Callable[[Sequence[str]], None]
    say: Callable[[str], None]
    python: Path

    @property
    def is_this_one(self) -> bool:
        """Whether it runs now."""
        return self.root == Path("/")

    def place(self, path: Path) -> Path:
        """Where a file of that machine is on this one."""
        return self.root / path.relative_to("/")


def this_machine(root: str) -> Machine:
    """The machine of `--root`. Raises ConfigurationError if it cannot be installed to."""
    machine = Machine(Path(root or "/"), _run, print, Path(sys.executable))
    if machine.is_this_one and (not sys.platform.startswith("linux") or shutil.which("systemctl") is None):
        raise ConfigurationError(
            "There is no systemd here; docs/agent.md shows launchd's file. --root writes the files into a folder."
        )
    if machine.is_this_one and not is_superuser():
        raise ConfigurationError("Installing needs root: sudo perfmon-agent install (uninstall).")
    return machine


def install(given: Configuration, machine: Machine) -> None:
    """Write token, configuration and unit, and start the service. Raises ConfigurationError, also without a token."""
    token = machine.place(TOKEN)
    if not given.token and not token.exists():
        raise ConfigurationError("There is no token: set PERFMON_TOKEN, or --token-file to a file that holds it.")
    if "spool.directory" in given.chosen:
        raise ConfigurationError(
            "The service may write to /var/lib/perfmon-agent alone, and its spool is there: leave spool.directory out."
        )
    for home in _HOMES:
        if home in machine.python.parents:
            raise ConfigurationError(
                f"{machine.python} is in {home}, where the service's user may not look: "
                "make a virtual environment elsewhere (python3 -m venv /opt/perfmon-agent) and install from that."
            )
    if given.token:
        _write(machine, TOKEN, f"{given.token}\n", 0o600)
    if machine.place(DEFAULT_FILE).exists():
        machine.say(f"{DEFAULT_FILE} is there already and stays as it is")
    else:
        _write(machine, DEFAULT_FILE, configuration_text(given), 0o644)
    # -I: no packages of a user, no PYTHONPATH
    command = [str(machine.python), "-I", "-m", "perfmon_agent", "run", "--config", str(DEFAULT_FILE)]
    _write(machine, UNIT, unit(command, TOKEN), 0o644)
    if machine.is_this_one:
        machine.run(["systemctl", "daemon-reload"])
        machine.run(["systemctl", "enable", "perfmon-agent.service"])
        machine.run(["systemctl", "restart", "perfmon-agent.service"])
        machine.say("it runs: journalctl -u perfmon-agent shows what it says")


def uninstall(machine: Machine) -> None:
    """Stop the service, and remove unit and token; configuration and spool stay, and that is said."""
    if machine.is_this_one and machine.place(UNIT).exists():
        machine.run(["systemctl", "disable", "--now", "perfmon-agent.service"])
    for path in (UNIT, TOKEN):
        if machine.place(path).exists():
            machine.place(path).unlink()
            machine.say(f"removed {path}")
    if machine.is_this_one:
        machine.run(["systemctl", "daemon-reload"])
    for path in (DEFAULT_FILE, STATE):
        if machine.place(path).exists():
            machine.say(f"{path} stays; remove it if you do not need it any more")


def configuration_text(given: Configuration) -> str:
    """The file that a new installation begins with: everything that flags, variables and another file say."""
    sections: dict[str, list[str]] = {"": []}
    for option in OPTIONS:
        if option.key not in given.chosen or option.key == "token_file":
            continue
        section, _, name = option.key.rpartition(".")
        sections.setdefault(section, []).append(f"{name} = {toml(getattr(given, option.field))}")
    for plugin in given.plugins:
        lines = sections.setdefault(f"plugins.{toml(plugin.name)}", [])
        lines += [f"{option.key} = {toml(getattr(plugin, option.key))}" for option in PLUGIN_OPTIONS]
    text = "# docs/agent.md tells all options. The token is not here: systemd hands it over.\n"
    text += "".join(f"{line}\n" for line in sections.pop(""))
    for section, lines in sections.items():
        text += f"\n[{section}]\n" + "".join(f"{line}\n" for line in lines)
    return text


def _write(machine: Machine, path: Path, content: str, mode: int) -> None:
    place = machine.place(path)
    place.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    unfinished = place.with_name(f".{place.name}.new")
    unfinished.unlink(missing_ok=True)
    # Made with its mode: a token must not be readable for a moment either.
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.chmod(unfinished, mode)  # noqa: PTH101 -- whatever the umask took away
        file.write(content)
    unfinished.replace(place)
    machine.say(f"wrote {path}")


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- systemctl and our words
    if done.returncode:
        raise ConfigurationError(f"{' '.join(command)} failed: {done.stderr.strip()[:300]}")
