"""The whole stack from start to stop, and what is told to the person who started it."""

from __future__ import annotations

import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from infra.local import directory, keys, leftovers, parts, ports, tokens
from infra.local.container_process import Container
from infra.local.postgres import Postgres
from infra.local.settings import LocalSettings
from infra.local.supervisor import Supervisor
from infra.local.valkey import Valkey


class Interrupted(BaseException):
    """A signal asked us to stop; like KeyboardInterrupt it may come at any moment."""


def run(settings: LocalSettings, app_directory: Path) -> None:
    """Start everything, tell that it is ready, keep it running until SIGINT or SIGTERM, stop it.

    Raises StackError when it does not start; by then everything is stopped.
    """
    directory.prepare(settings.directory)
    with directory.held(settings.directory):
        for name in leftovers.end(settings.directory):
            say(f"{name} was still running from a stack that was killed; it is ended")
        listener = ports.listening(settings.port)
        supervisor = Supervisor(settings.directory, say)
        _on_signals(_interrupt)
        try:
            with listener:
                _Start(settings, app_directory, supervisor).run(listener)
                supervisor.watch()
        except Interrupted:
            say("stopping")
        finally:
            # Who asks again does not want to wait.
            _on_signals(lambda _number, _frame: supervisor.kill())
            supervisor.stop()


def say(line: str) -> None:
    """Tell the terminal, at once."""
    print(line, flush=True)


class _Start:
    """The order of the start.

    1. The three servers are launched, none is waited for; the app is imported meanwhile.
    2. Once the database and the buffer answer, the app's own migration runs.
    3. The API and the functions are launched; the API must say that all it depends on answers.
    4. The tokens are made or checked through the API, then the agent is launched.
    """

    def __init__(self, settings: LocalSettings, app_directory: Path, supervisor: Supervisor) -> None:
        self._settings = settings
        self._app = app_directory
        self._supervisor = supervisor
        self._logs = settings.directory / "logs"

    def run(self, listener: socket.socket) -> None:
        """Raises StackError."""
        port: int = listener.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        addresses, servers = self._servers()
        environment = {**self._inherited(), **addresses, "PYTHONUNBUFFERED": "1"}
        environment.setdefault("PUBLIC_URL", f"{url}/api")
        environment.setdefault("WEBHOOK_ALLOW_LOOPBACK", "true")
        environment.setdefault("COLLECTOR_ALLOWED_NETWORKS", "127.0.0.0/8,::1/128")
        environment.setdefault("COLLECTOR_INGEST_URL", f"{url}/api")
        for server in servers:
            self._supervisor.launch(server)
        container = Container(self._app, environment, self._logs / "setup.log")
        try:
            for server in servers:
                server.wait_until_ready()
            container.call("app.migrate", {})
            api = parts.api(listener, self._app, environment, self._logs)
            functions = parts.functions(self._app, environment, self._settings.directory)
            self._supervisor.launch(api)
            self._supervisor.launch(functions)
            api.wait_until_ready()
            admin = tokens.token(self._settings.directory / "token", "local admin", ["admin"], port, container)
            agent_token = self._settings.directory / "agent-token"
            tokens.token(agent_token, "agent", ["ingest"], port, container)
        finally:
            container.close()
        functions.wait_until_ready()
        if self._settings.with_agent:
            self._supervisor.launch(parts.agent(f"{url}/api", agent_token, environment, self._logs))
        say(f"ready: {url} token: {admin}")

    def _inherited(self) -> dict[str, str]:
        """Our environment, without what would lead boto3 past the emulator."""
        own_aws = set() if self._settings.aws_endpoint_url else {"AWS_PROFILE", "AWS_SESSION_TOKEN"}
        return {name: value for name, value in self._settings.environment.items() if name not in own_aws}

    def _servers(self) -> tuple[Mapping[str, str], list[parts.Part]]:
        """The addresses of the servers behind the service, and those of them that are to be started here."""
        given, place = self._settings, self._settings.directory
        addresses: dict[str, str] = {}
        servers = []
        if given.database_url is None:
            postgres = Postgres(place / "postgres", log=self._logs / "postgres.log")
            addresses["DATABASE_URL"] = postgres.url
            servers.append(parts.postgres(postgres))
        if given.redis_url is None:
            valkey = Valkey(place / "valkey", log=self._logs / "valkey.log")
            addresses["REDIS_URL"] = valkey.url
            servers.append(parts.valkey(valkey))
        if given.aws_endpoint_url is None:
            port = ports.remembered_port(place / "aws-port")
            addresses |= _emulated_aws(port)
            servers.append(parts.aws(port, {**self._inherited(), **addresses}, self._logs))
        else:
            addresses |= _missing_for_aws(given.environment)
        if not given.environment.get("SMTP_HOST"):
            port = ports.remembered_port(place / "mail-port")
            addresses |= {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port), "SMTP_TLS": "never", "SMTP_USER": ""}
            addresses |= {} if given.environment.get("EMAIL_FROM") else {"EMAIL_FROM": "perfmon@localhost"}
            servers.append(parts.mail(port, place / "mail", self._inherited(), self._logs))
        if not given.environment.get("NOTIFIER_PUBLIC_KEY"):
            made = keys.notifier_keys(place / "notifier-keys")
            addresses |= {name: value for name, value in made.items() if not given.environment.get(name)}
        return addresses, servers


def _emulated_aws(port: int) -> dict[str, str]:
    """What makes boto3 talk to the emulator and to nothing else, whatever this machine is configured for."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",  # the emulator takes any
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _missing_for_aws(environment: Mapping[str, str]) -> dict[str, str]:
    """What boto3 insists on and an emulator does not look at, as far as it is not given."""
    missing = {} if environment.get("AWS_DEFAULT_REGION") else {"AWS_DEFAULT_REGION": "us-east-1"}
    if not environment.get("AWS_ACCESS_KEY_ID") and not environment.get("AWS_PROFILE"):
        missing |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    return missing


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise Interrupted


def _on_signals(handler: signal._HANDLER) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)
