"""The API of the stack that the demo fills: calls with patience when it is told to wait."""

from __future__ import annotations

import gzip
import http.client
import json
import time
from typing import Any
from urllib.parse import urlsplit

PATIENCE_S = 120.0
_PAUSE_S = 1.0  # between attempts at a service that does not answer


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

    def call(self, method: str, path: str, body: Any = None, *, patience: float = PATIENCE_S) -> Any:
        """The answer's JSON. Asks again, `patience` seconds long, when told to come back later or when nobody answers.

        Raises Refused, OSError.
        """
        packed = None if body is None else gzip.compress(json.dumps(body, separators=(",", ":")).encode(), 1)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/gzip"}
        until, failed = time.monotonic() + patience, 0
        while True:
            try:
                self._connection.request(method, f"/api/monitoring{path}", packed, headers)
                answer = self._connection.getresponse()
                content = answer.read()
            except (http.client.HTTPException, OSError) as error:
                self._connection.close()
                if time.monotonic() > until:
                    raise ConnectionError(f"The service does not answer: {error}.") from error
                # The first time the connection was only kept for too long; later the service is starting anew, or gone.
                time.sleep(_PAUSE_S if failed else 0)
                failed += 1
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
