"""Where the agent sends, as whom, and what it reads: flags before environment before file before defaults."""

from __future__ import annotations

import argparse
import difflib
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from perfmon_agent import __version__, parsing
from perfmon_agent.mistakes import ConfigurationError
from perfmon_agent.options import OPTIONS, PROBE_NAMES
from perfmon_agent.parsing import PluginOptions
from perfmon_agent.placing import default_spool

DEFAULT_FILE = Path("/etc/perfmon-agent/agent.toml")
COMMANDS = {
    "run": "read and send until a signal ends it (the default)",
    "check": "print one reading and end",
    "serve": "read, and show the figures as a page for Prometheus",
    "install": "make it a service of systemd",
    "uninstall": "take that service away",
}


@dataclass(frozen=True)
class Configuration:
    """Everything the agent needs to know; the names are those of options.py."""

    command: str
    root: str
    token: str
    url: str
    token_file: str
    host: str
    tags: Mapping[str, str]
    interval: int
    buffer: int
    spool_directory: Path
    spool_bytes: int
    disabled: tuple[str, ...]
    cpu_per_core: bool
    processes_top: int
    processes_names: int
    processes_watch: tuple[str, ...]
    serve_address: str
    plugins: tuple[PluginOptions, ...]
    file: Path | None
    chosen: frozenset[str]
    """Keys of the options that a flag, a variable or the file sets."""
    warnings: tuple[str, ...]

    @property
    def all_tags(self) -> dict[str, str]:
        """What every figure carries."""
        return {"host": self.host, **self.tags}


def read(arguments: Sequence[str], environment: Mapping[str, str], default_file: Path = DEFAULT_FILE) -> Configuration:
    """The configuration. Raises ConfigurationError; argparse ends the program after --help and --version."""
    _check_flags(arguments)
    given = _parser().parse_args(arguments)
    file = _file(given.config or environment.get("PERFMON_CONFIG") or "", default_file)
    from_file, plugins = parsing.read_file(file) if file else ({}, ())
    values: dict[str, Any] = {}
    chosen = set(from_file)
    for option in OPTIONS:
        flag = getattr(given, option.field)
        variable = environment.get(option.variable, "")
        if flag is None and not variable:
            values[option.field] = from_file.get(option.key, option.default)
            continue
        chosen.add(option.key)
        where = option.variable if flag is None else option.flag
        values[option.field] = parsing.from_text(option, variable if flag is None else flag, where)
    values["host"] = values["host"] or socket.gethostname()
    values["spool_directory"] = Path(values["spool_directory"] or default_spool(environment))
    if not values["url"].startswith(("http://", "https://")):
        raise ConfigurationError(f"url: {values['url']!r} must begin with http:// or https://.")
    if not 1 <= len(values["host"]) <= parsing.MAX_TAG_VALUE:
        raise ConfigurationError(f"host: must be 1 to {parsing.MAX_TAG_VALUE} characters long.")
    _check_disabled(values["disabled"])
    token = _token(values["token_file"], environment)
    if not token and given.command == "run":
        raise ConfigurationError(
            "There is no token: set PERFMON_TOKEN, or token_file (--token-file) to a file that holds it."
        )
    return Configuration(
        command=given.command,
        root=given.root,
        token=token,
        plugins=plugins,
        file=file,
        chosen=frozenset(chosen),
        warnings=tuple(_mistyped(environment)),
        **values,
    )


def _mistyped(environment: Mapping[str, str]) -> Iterator[str]:
    """Sentences about variables that are nearly ours; others of that beginning belong to other programs."""
    known = ["PERFMON_CONFIG", "PERFMON_TOKEN", *(option.variable for option in OPTIONS)]
    for name in sorted(environment):
        close = difflib.get_close_matches(name, known, 1, 0.92) if name.startswith("PERFMON_") else []
        if close and close != [name]:
            yield f"{name} is not known; did you mean {close[0]}?"


def is_private(url: str) -> bool:
    """Whether nobody between here and there can read along."""
    return urlsplit(url).scheme == "https" or urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "perfmon-agent", description="Sends this host's figures. docs/agent.md tells all.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"perfmon-agent {__version__}")
    commands = "; ".join(f"{name}: {what}" for name, what in COMMANDS.items())
    parser.add_argument("command", nargs="?", choices=list(COMMANDS), default="run", metavar="command", help=commands)
    parser.add_argument("--config", metavar="FILE", help=f"the file; {DEFAULT_FILE} is read if it is there")
    parser.add_argument("--root", default="", metavar="FOLDER", help="install: write into a folder, start nothing")
    for option in OPTIONS:
        parser.add_argument(option.flag, dest=option.field, metavar=option.kind.upper(), help=option.about)
    return parser


def _check_flags(arguments: Sequence[str]) -> None:
    # argparse would take the value of a mistyped flag for a command, and complain of that.
    known = ["--config", "--help", "--root", "--version", *(option.flag for option in OPTIONS)]
    for argument in arguments:
        name = argument.partition("=")[0]
        if name.startswith("--") and name not in known:
            raise ConfigurationError(f"There is no flag {name}{parsing.suggestion(name, known)}")


def _file(named: str, default: Path) -> Path | None:
    if named:
        return Path(named)
    return default if default.exists() else None


def _token(file: str, environment: Mapping[str, str]) -> str:
    # systemd hands a file that only root can read to its service in a folder of the service's own.
    credential = Path(environment.get("CREDENTIALS_DIRECTORY") or "/nowhere") / "token"
    if not file and not environment.get("PERFMON_TOKEN") and credential.exists():
        file = str(credential)
    if not file:
        token = environment.get("PERFMON_TOKEN", "").strip()
        if token and not _is_token(token):
            raise ConfigurationError("PERFMON_TOKEN must hold the token and nothing else.")
        return token
    try:
        token = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The token file cannot be read: {error}") from None
    if not _is_token(token):
        raise ConfigurationError(f"The token file {file} must hold one line with the token and nothing else.")
    return token


def _is_token(text: str) -> bool:
    return text.isascii() and len(text.split()) == 1


def _check_disabled(names: Sequence[str]) -> None:
    for name in names:
        if name not in PROBE_NAMES:
            raise ConfigurationError(f"disabled: there is no probe {name!r}{parsing.suggestion(name, PROBE_NAMES)}")
