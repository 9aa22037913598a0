"""The compiled client, a folder for its programs, and the service that they talk with."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests import served_api
from tests.call import Api, Reply
from tests.clients.js.workshop import Workshop, ready_package


@pytest.fixture
def workshop(project: Path, tmp_path: Path) -> Workshop:
    """An empty folder that knows the client; skips where there is no Node.js."""
    folder = tmp_path / "workshop"
    folder.mkdir()
    return Workshop(folder, ready_package(project))


@dataclass
class Service:
    """The service at an address; `turn` keeps what the test does itself apart from requests that come in."""

    url: str
    token: str
    turn: threading.Lock = field(repr=False)

    def get(self, path: str, **query: str) -> Any:
        """The body of an answer that must be good."""
        with self.turn:
            reply = Api(self.token).get(path, **query)
        assert reply.status == 200, reply.body
        return reply.body


@pytest.fixture
def service(stack: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The real service on a real port, with an administrator's token."""
    import app

    turn = threading.Lock()

    class TakingTurns(Api):
        def call(self, *arguments: Any, **named: Any) -> Reply:
            with turn:
                return super().call(*arguments, **named)

    monkeypatch.setattr(served_api, "Api", TakingTurns)
    token = app.mint_token({"name": "js", "scopes": ["admin"]}, None)["token"]
    with served_api.served_api() as url:
        yield Service(url, token, turn)
