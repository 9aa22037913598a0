"""The parts of the stack: how each is started, how it is seen to be ready, and what to do when it keeps dying."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local import lifeline, tokens
from infra.local.postgres import Postgres
from infra.local.program import REPOSITORY, Program
from infra.local.valkey import Valkey

AGENT_SOURCE = REPOSITORY / "agent" / "src"
_READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Part:
    """One part.

    `launch` starts it (again) without waiting; `wait_until_ready` waits until the one launched last does its work, or
    raises StackError. `stop_seconds` is how long it may take to end.
    """

    name: str
    launch: Callable[[], Program]
    wait_until_ready: Callable[[], None]
    stop_seconds: float
    remedy: str


def postgres(server: Postgres) -> Part:
    """The database."""
    remedy = "Set DATABASE_URL to a PostgreSQL of your own, or start afresh with make reset."
    return Part("postgres", server.launch, server.wait_until_ready, 3.0, remedy)


def valkey(server: Valkey) -> Part:
    """The buffer."""
    remedy = "Set REDIS_URL to a Valkey of your own, or start afresh with make reset."
    return Part("valkey", server.launch, server.wait_until_ready, 1.5, remedy)


def aws(port: int, environment: Mapping[str, str], logs: Path) -> Part:
    """The AWS emulator."""
    program = Program(_python("infra.local.aws", str(port)), logs / "aws.log", name="aws")
    remedy = "Set AWS_ENDPOINT_URL to an emulator of your own, such as LocalStack."
    return _part(program, environment, lambda: _listens(port), 0.5, remedy)


def mail(port: int, directory: Path, environment: Mapping[str, str], logs: Path) -> Part:
    """The mail server."""
    program = Program(_python("infra.local.mail", str(port), str(directory)), logs / "mail.log", name="mail")
    remedy = "Set SMTP_HOST to a mail server of your own."
    return _part(program, environment, lambda: _listens(port), 1.0, remedy)


def api(listener: socket.socket, app_directory: Path, environment: Mapping[str, str], logs: Path) -> Part:
    """The gateway and its containers. While it is started again, callers wait in the listener's queue."""
    port, descriptor = listener.getsockname()[1], listener.fileno()
    program = Program(_python("infra.local.api", str(descriptor), str(app_directory)), logs / "api.log", name="api")
    remedy = "Its log says what the service did not bear; start afresh with make reset if it is the data."
    ready = "/api/monitoring/health/ready"
    return _part(program, environment, lambda: tokens.status_of(port, ready) == 200, 2.0, remedy, descriptor)


def functions(app_directory: Path, environment: Mapping[str, str], directory: Path) -> Part:
    """What calls the scheduled and the queue functions."""
    ready = directory / "functions.ready"
    command = _python("infra.local.functions", str(app_directory), str(ready))
    program = Program(command, directory / "logs" / "functions.log", name="functions")
    return _part(program, environment, ready.exists, 2.5, "Its log says which function or queue it was.")


def agent(url: str, token_file: Path, environment: Mapping[str, str], logs: Path) -> Part:
    """The agent of this host; it knows nothing of the stack, so it is held as a foreign program is."""
    command = lifeline.wrapped([sys.executable, "-m", "perfmon_agent"], dying=signal.SIGKILL)
    program = Program(command, logs / "agent.log", name="agent")
    paths = os.pathsep.join(filter(None, [str(AGENT_SOURCE), environment.get("PYTHONPATH", "")]))
    own = {"PYTHONPATH": paths, "PERFMON_URL": url, "PERFMON_TOKEN_FILE": str(token_file)}
    own["PERFMON_SPOOL_DIRECTORY"] = str(token_file.with_name("agent-spool"))
    remedy = "Its log says why; AGENT=0 make run starts without it."
    return _part(program, {**environment, **own}, lambda: True, 2.0, remedy)


def _part(
    program: Program,
    environment: Mapping[str, str],
    is_ready: Callable[[], bool],
    stop_seconds: float,
    remedy: str,
    *descriptors: int,
) -> Part:
    def launch() -> Program:
        program.start(environment, descriptors)
        return program

    def wait_until_ready() -> None:
        program.wait_until(is_ready, seconds=_READY_SECONDS)

    return Part(program.name, launch, wait_until_ready, stop_seconds, remedy)


def _python(module: str, *arguments: str) -> list[str]:
    """The command for one of our own programs."""
    return [sys.executable, "-m", module, *arguments, str(os.getpid()), str(lifeline.lease())]


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
