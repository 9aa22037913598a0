"""The smoke test of a deployment: agents' address is tried as well as people's."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from infra.aws.account import Account
from infra.aws.refusals import Refused
from infra.aws.smoke import METRIC, smoke


class Service(BaseHTTPRequestHandler):
    """What the smoke test asks of the service; below /closed recording is forbidden."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        tick = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
        self._answer(200, {METRIC: [{"value": 1}], "checks": [{"lastTickAt": tick}]})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        is_closed = self.path.startswith("/closed")
        self._answer(403 if is_closed else 202, {"Message": "Forbidden"} if is_closed else {})

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Lambda:
    """The function that mints tokens."""

    def client(self, service: str, region_name: str) -> Any:
        return self

    def invoke(self, **_: Any) -> dict[str, Any]:
        return {"Payload": io.BytesIO(b'{"id": "token_1", "token": "secret"}')}


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_deployment_that_agents_cannot_record_at_does_not_work(address: str) -> None:
    where = Account(Lambda(), "123456789012", "eu-central-1")
    outputs = {"TokenFunction": "perfmon-dev-MintToken"}

    smoke(where, outputs, f"{address}/api", f"{address}/api", patience=5)
    with pytest.raises(Refused, match=r"a sample was not taken at http://127.*/closed/api \(403\): .*Forbidden"):
        smoke(where, outputs, f"{address}/api", f"{address}/closed/api", patience=0)
