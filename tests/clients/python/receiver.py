"""A service with memory: counts each batch once, answers as it is told to, goes away and comes back at its address."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOSE = 0
"""Told instead of a status: take the samples and hang up before the answer."""


class Receiver:
    """`told` are statuses for the next requests; `pages` answers to everything but metrics, by method and path."""

    def __init__(self) -> None:
        self.samples: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str | None, Any]] = []
        self.told: list[int | tuple[int, dict[str, str]]] = []
        self.pages: dict[str, Any] = {}
        self._keys: set[str | None] = set()
        self._port = 0
        self._turn = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._server: ThreadingHTTPServer | None = None
        self._thread = threading.Thread()

    @property
    def url(self) -> str:
        """Its address, from the first start on."""
        return f"http://127.0.0.1:{self._port}/api"

    def start(self) -> None:
        """Come, or come back."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # connections stay, as with the real service

            def setup(self) -> None:
                super().setup()
                receiver._connections.add(self.connection)

            def handle_any(self) -> None:
                text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with receiver._turn:
                    status, body, headers = receiver._answer(self, json.loads(text or b"null"))
                if status == LOSE:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                answer = json.dumps(body).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(answer))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PUT = handle_any  # noqa: N815 -- their names in the base class

            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:
                    self.close_connection = True  # the connection was cut, by the client or by stop()

            def finish(self) -> None:
                receiver._connections.discard(self.connection)
                try:
                    super().finish()
                except OSError:
                    self.connection.close()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        """Go away, in the middle of whatever happens."""
        if self._server is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for connection in list(self._connections):
            with suppress(OSError):  # it may be gone already
                connection.shutdown(socket.SHUT_RDWR)
        self._server = None

    def values(self) -> list[float]:
        """Of every sample that was counted."""
        return [sample["value"] for sample in self.samples]

    def _answer(self, request: BaseHTTPRequestHandler, body: Any) -> tuple[int, Any, dict[str, str]]:
        path = request.path.removeprefix("/api")
        key = request.headers.get("Idempotency-Key")
        self.requests.append((f"{request.command} {path}", key, body))
        told = self.told.pop(0) if self.told else None
        if told is not None and told != LOSE:
            status, headers = told if isinstance(told, tuple) else (told, {})
            return status, {"detail": f"told to answer {status}"}, headers
        if path != "/monitoring/metrics":
            page = self.pages.get(f"{request.command} {path}")
            return (404, {"detail": "no such page"}, {}) if page is None else (200, page, {})
        if key not in self._keys:
            self.samples.extend(body)
        self._keys.add(key)
        return (LOSE if told == LOSE else 202), {"accepted": len(body), "rejected": 0}, {}


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver, for the length of a block."""
    receiver = Receiver()
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()


def until(holds: Callable[[], object], what: str = "it") -> None:
    """Wait until something holds; a deadline makes a failure of what never does."""
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, f"{what} has not come true in time"
        time.sleep(0.005)
