"""The real service at an address, which a test can take away and bring back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests import served_api
from tests.call import Api, Reply


@dataclass
class Served:
    """`turn` keeps what the test does itself apart from requests that come in."""

    token: str = field(repr=False)
    turn: threading.Lock
    requests: list[tuple[str, str]]
    url: str = ""
    _running: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        """Come, or come back at the same address."""
        port = int(self.url.split(":")[2].removesuffix("/api")) if self.url else 0
        self.url = self._running.enter_context(served_api.served_api(port))

    def stop(self) -> None:
        """Go away."""
        self._running.close()

    def answered(self, method: str, path: str) -> bool:
        """Whether such a request came and was answered."""
        return (method, path) in self.requests

    def error_rate(self, **query: str) -> float:
        """In one step that holds everything."""
        found = self.get("/monitoring/metrics/query", metricType="error_rate", from_="-5m", step="1h", **query)
        (series,) = found["series"]
        return float(series["points"][-1][1])

    def get(self, path: str, **query: str) -> Any:
        """The body of an answer that must be good."""
        with self.turn:
            reply = Api(self.token).get(path, **query)
        assert reply.status == 200, reply.body
        return reply.body


@contextmanager
def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """The service with an administrator's token, for the length of a block."""
    import app

    token = app.mint_token({"name": "python", "scopes": ["admin"]}, None)["token"]
    served = Served(token, threading.Lock(), [])

    class TakingTurns(Api):
        def call(self, method: str, path: str, *arguments: Any, **named: Any) -> Reply:
            with served.turn:
                reply = super().call(method, path, *arguments, **named)
            served.requests.append((method, path))
            return reply

    monkeypatch.setattr(served_api, "Api", TakingTurns)
    served.start()
    try:
        yield served
    finally:
        served.stop()
