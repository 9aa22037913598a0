"""A local HTTP server that answers as a script says, and remembers what it was sent."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One answer; status 0 hangs up instead."""

    status: int = 202
    body: dict[str, Any] = field(default_factory=lambda: {"accepted": 1, "rejected": 0})
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Script:
    """The answers to come, then 202s; and the requests that came."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    came: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


@contextmanager
def scripted_api(*answers: Answer) -> Iterator[Script]:
    """The server, for the length of a block."""
    script = Script("", list(answers))

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("Content-Encoding") == "gzip":
                raw = gzip.decompress(raw)
            script.requests.append(f"{self.command} {self.path}")
            script.bodies.append(json.loads(raw or b"null"))
            script.headers.append(dict(self.headers))
            answer = script.answers.pop(0) if script.answers else Answer()
            if answer.status:
                body = json.dumps(answer.body).encode()
                self.send_response(answer.status)
                for name, value in {**answer.headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            else:
                self.close_connection = True
            script.came.release()

        do_GET = do_POST = do_DELETE = handle_any  # noqa: N815 -- their names in the base class

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name in the base class
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}/api"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
