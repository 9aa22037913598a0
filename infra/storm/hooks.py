"""Who is told: a receiver of webhooks that remembers every message."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Hooks:
    """Messages that alerts fire, by host."""

    def __init__(self) -> None:
        lock = threading.Lock()
        heard: list[tuple[str, dict[str, Any]]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    heard.append((self.headers["webhook-id"], body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name in the base class
                """Silent."""

        self._heard = heard
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Receive no more."""
        self._server.shutdown()
        self._server.server_close()

    def told(self) -> dict[str, set[str]]:
        """The ids of the messages that told of each host's alert."""
        found: dict[str, set[str]] = defaultdict(set)
        for message, body in [*self._heard]:
            if body["type"] == "alert.firing":
                found[body["alert"]["tags"]["host"]].add(message)
        return dict(found)

    def repeated(self) -> list[dict[str, Any]]:
        """Messages that came again under an id that had come before."""
        seen: set[str] = set()
        again = []
        for message, body in [*self._heard]:
            if message in seen:
                again.append(body)
            seen.add(message)
        return again
