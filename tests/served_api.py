"""The service behind a real HTTP port, in this process: each request becomes the event that API Gateway would make."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.call import Api


@contextmanager
def served_api(port: int = 0) -> Iterator[str]:
    """The address of the API, for the length of a block; one request at a time, as a container takes them.

    `port` is one that it had before; 0 is any that is free.
    """

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            reply = Api(None).call(
                self.command,
                unquote(parts.path.removeprefix("/api")),
                body or None,
                query=dict(parse_qsl(parts.query)),
                headers={name: value for name, value in self.headers.items() if name.lower() != "host"},
            )
            is_text = isinstance(reply.body, str)  # a page, a table; objects are JSON
            answer = b"" if reply.body is None else (reply.body if is_text else json.dumps(reply.body)).encode()
            self.send_response(reply.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 -- the names that http.server wants

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    thread.join()
    server.server_close()
