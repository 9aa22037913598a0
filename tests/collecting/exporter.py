"""A real HTTP server that is scraped: it answers what it is told, as slowly as it is told, and remembers who asked."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TEXT = "text/plain; version=0.0.4; charset=utf-8"


@dataclass
class Exporter:
    """`pages` are bodies by path, without a length unless `headers` has one.

    `/hang` answers nothing until `released`; `/endless` never ends.
    """

    url: str = ""
    pages: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": TEXT})
    status: int = 200
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    sent: int = 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def exporter() -> Iterator[Exporter]:
    """The server, for the length of a block."""
    state = Exporter()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            if self.path == "/hang":
                state.released.wait()
                return
            self.send_response(state.status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # who asked may have heard enough
                if self.path == "/endless":
                    while not state.released.is_set():
                        state.sent += self.wfile.write(b"metric 1\n" * 8192)
                self.wfile.write(state.pages.get(self.path, b""))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name in the base class
            """Silent."""

    server = _Server(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
