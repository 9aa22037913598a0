"""A real HTTP server that receives webhooks, answers as it is told, and remembers what came."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Got:
    """One request."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """Its JSON."""
        return json.loads(self.raw)


@dataclass
class Receiver:
    """What came, and the answers to come; `hold` is called with each request before it is answered.

    An answer is a status and headers; status 0 hangs up without an answer, -1 sends garbage.
    """

    url: str = ""
    got: list[Got] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    always: tuple[int, dict[str, str]] = (200, {})
    body: bytes = b"{}"
    hold: Callable[[Got], object] = lambda got: None


@contextmanager
def receiver() -> Iterator[Receiver]:
    """The server, for the length of a block."""
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            got = Got(self.path, {name.lower(): value for name, value in self.headers.items()}, raw)
            state.got.append(got)
            status, headers = state.answers.pop(0) if state.answers else state.always
            state.hold(got)
            if status == -1:
                self.wfile.write(b"\x00\x01 what is this\r\n\r\n")
            if status <= 0:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(state.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # who asked may have heard enough
                self.wfile.write(state.body)

        do_GET = do_POST  # noqa: N815 -- its name in the base class

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name in the base class
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
