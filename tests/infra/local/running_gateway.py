"""A gateway over real HTTP in a thread of the test, on a free port."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from infra.local import ports
from infra.local.api import http_server
from infra.local.gateway import Gateway, Limits
from infra.local.pool import Pool

SAMPLE_APP = Path(__file__).parent / "sample_app"


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)

    @property
    def is_problem(self) -> bool:
        """Whether it is an error as promised: problem+json that repeats the status and names the request."""
        return (
            self.headers["content-type"] == "application/problem+json"
            and self.json["status"] == self.status
            and self.json["requestId"] == self.headers["x-amzn-requestid"]
        )


class RunningGateway:
    """The sample app behind a gateway; use as a context manager."""

    def __init__(self, *, containers: int = 2, waiting: int = 100, limits: Limits | None = None) -> None:
        self._containers = containers
        self._waiting = waiting
        self._limits = limits
        self._listener = ports.listening(0)
        self._server: uvicorn.Server | None = None
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self.port: int = self._listener.getsockname()[1]
        self.container_pids: list[int] = []

    def __enter__(self) -> RunningGateway:
        self._thread.start()
        assert self._is_up.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.should_exit = True
        self._thread.join(30)
        self._listener.close()
        assert not self._thread.is_alive()

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """One request on a connection of its own; `Content_Type="…"` sets a header."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            return self.call_on(connection, method, path, body, **headers)
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Reply:
        """GET."""
        return self.call("GET", path, None, **headers)

    def call_on(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> Reply:
        """One request on a given connection."""
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())

    async def _serve(self) -> None:
        pool = Pool(SAMPLE_APP, smallest=self._containers, largest=self._containers, waiting=self._waiting)
        try:
            hello = await pool.start()
            self.container_pids = pool.pids
            self._server = http_server(Gateway(pool, hello, self._limits))
            self._is_up.set()
            await self._server.serve(sockets=[self._listener])
        finally:
            await pool.close()
