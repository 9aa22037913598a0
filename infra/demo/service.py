"""The API of the stack that the demo fills: calls with patience when it is told to wait."""

from __future__ import annotations

import gzip
import http.client
import json
import time
from typing import Any
from urllib.parse import urlsplit

_PATIENCE_S = 120


class Refused(Exception):
    """The service answered with an error; str() is what it said."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"{status}: {said}")
        self.status = status


class Service:
    """One kept connection to `url` (`http://127.0.0.1:8000`), with an administrator's token."""

    def __init__(self, url: str, token: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._token = token

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON. Asks again when it is told to come back later. Raises Refused, OSError."""
        packed = None if body is None else gzip.compress(json.dumps(body, separators=(",", ":")).encode(), 1)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/gzip"}
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                self._connection.request(method, f"/api/monitoring{path}", packed, headers)
                answer = self._connection.getresponse()
                content = answer.read()
            except (http.client.HTTPException, BrokenPipeError, ConnectionResetError):  # it was kept for too long
                self._connection.close()
                if time.monotonic() > until:
                    raise
                continue
            wait = answer.headers.get("Retry-After", "")
            if answer.status in (429, 503) and wait.isdigit() and time.monotonic() < until:
                time.sleep(min(int(wait), 5))
                continue
            if answer.status >= 400:
                raise Refused(answer.status, content.decode(errors="replace")[:500])
            return json.loads(content) if content else None

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()
