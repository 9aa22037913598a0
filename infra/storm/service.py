"""The service under the storm: the program that `make run` starts, its parts by name, its stores' addresses."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from infra.local.program import REPOSITORY
from infra.storm.wire import Wire

READY = re.compile(r"ready: (http://127\.0\.0\.1:\d+) token: (\S+)\n")


class Service:
    """A running service in a directory of its own; `wire` is a way to its address that can go bad."""

    def __init__(self, directory: Path, address: str, token: str, wire: Wire) -> None:
        self.directory = directory
        self.address = address
        self.wire = wire
        self.token = token
        # Written by the stack; its own classes would look for other ports, as these are taken.
        port, password = (_noted(directory / "valkey" / name) for name in ("port", "password"))
        self.valkey_url = f"redis://:{password}@127.0.0.1:{port}/0"
        port, password = (_noted(directory / "postgres" / name) for name in ("port", "password"))
        self.postgres_url = f"postgresql://perfmon:{password}@127.0.0.1:{port}/perfmon"

    def pid(self, part: str) -> int:
        """The process of a part. Raises LookupError while there is none."""
        for entry in json.loads((self.directory / "processes.json").read_text()):
            if entry["name"] == part:
                return int(entry["pid"])
        raise LookupError(part)

    def client(self) -> requests.Session:
        """A session with the token; one a thread."""
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {self.token}"
        return session

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """One call that must succeed. Raises requests.RequestException."""
        url = f"{self.address}/api/monitoring{path}"
        with self.client() as session:
            answer = session.request(method, url, json=body, params=query, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None


def _noted(path: Path) -> str:
    return path.read_text().strip()


@contextlib.contextmanager
def running(directory: Path, *, tick_seconds: int = 1, agent: str = "") -> Iterator[Service]:
    """The service as long as the block, judging every second or as told. Raises SystemExit when it does not start.

    With `agent`, a host's name, an agent reads this machine every second and tells it under that name.
    """
    given = {"LOCAL_DIR": str(directory), "PORT": "0", "AGENT": "0", "TICK_SECONDS": str(tick_seconds)}
    if agent:
        given |= {"AGENT": "1", "PERFMON_HOST": agent, "PERFMON_INTERVAL": "1"}
    command = [sys.executable, "-m", "infra.local"]
    environment = {**os.environ, **given}
    with subprocess.Popen(
        command, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            found = READY.fullmatch(line)
            if found is None:
                raise SystemExit(line + process.stdout.read())
            with (directory / "logs" / "stack.log").open("w") as log:  # what dies is told there
                copier = subprocess.Popen(["cat"], stdin=process.stdout, stdout=log)
                with Wire(found[1]).open() as wire:
                    yield Service(directory, found[1], found[2], wire)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
    copier.wait(10)
