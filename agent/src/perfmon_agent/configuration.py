"""Where the agent sends, as whom, and how often: flags before environment before defaults."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class ConfigurationError(Exception):
    """One sentence that says what is wrong and what to do."""


@dataclass(frozen=True)
class Configuration:
    """Everything the agent needs to know."""

    command: str
    url: str
    token: str
    host: str
    interval: int
    buffer: int


def read(arguments: Sequence[str], environment: Mapping[str, str]) -> Configuration:
    """The configuration. Raises ConfigurationError."""
    parser = argparse.ArgumentParser("perfmon-agent", description="Sends this host's figures.")
    parser.add_argument("command", nargs="?", choices=["run", "check"], default="run")
    parser.add_argument("--url", default=environment.get("PERFMON_URL") or "http://127.0.0.1:8000/api")
    parser.add_argument("--token-file", default=environment.get("PERFMON_TOKEN_FILE") or "")
    parser.add_argument("--host", default=environment.get("PERFMON_HOST") or socket.gethostname())
    parser.add_argument("--interval", default=environment.get("PERFMON_INTERVAL") or "10")
    parser.add_argument("--buffer", default=environment.get("PERFMON_BUFFER") or "100000")
    given = parser.parse_args(arguments)
    token = environment.get("PERFMON_TOKEN", "")
    if given.token_file:
        try:
            token = Path(given.token_file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigurationError(f"The token file cannot be read: {error}") from None
    if not token and given.command == "run":
        raise ConfigurationError("There is no token: set PERFMON_TOKEN, or --token-file to a file that holds it.")
    if not given.url.startswith(("http://", "https://")):
        raise ConfigurationError(f"--url: {given.url!r} must begin with http:// or https://.")
    if not 1 <= len(given.host) <= 256:
        raise ConfigurationError("--host: must be 1 to 256 characters long.")
    return Configuration(
        given.command,
        given.url,
        token,
        given.host,
        _whole("--interval", given.interval, 1, 3600),
        _whole("--buffer", given.buffer, 100, 100_000_000),
    )


def _whole(name: str, text: str, least: int, most: int) -> int:
    if not text.isdigit() or not least <= int(text) <= most:
        raise ConfigurationError(f"{name}: {text!r} must be a whole number from {least} to {most}.")
    return int(text)
