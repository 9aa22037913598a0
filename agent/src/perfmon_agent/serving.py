"""`perfmon-agent serve`: the newest reading as a page that collectors fetch."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from perfmon_agent.exposition import CONTENT_TYPE
from perfmon_agent.mistakes import ConfigurationError

CLIENT_SECONDS = 10
_HINT = b"The figures are at /metrics.\n"


class Page:
    """An HTTP server with one page, `GET /metrics`, from its making until the end of a block."""

    def __init__(self, address: str) -> None:
        """Listen on `host:port`. Raises ConfigurationError if that cannot be done."""
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:
            raise ConfigurationError(
                f"serve.address: {address!r} must be host:port, like 127.0.0.1:9105 or [::1]:9105."
            )
        host = host.strip("[]")
        try:
            self._server = _Server((host, int(port)), self)
        except OSError as error:
            raise ConfigurationError(f"serve.address: {address} cannot be listened on: {error.strerror}.") from None
        self.content = b""
        self._thread = threading.Thread(target=self._server.serve_forever, name="page", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens; of use when the address says port 0."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Where the page is."""
        host = str(self._server.server_address[0])
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/metrics"

    def __enter__(self) -> Page:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], page: Page) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.page = page
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    timeout = CLIENT_SECONDS
    server: _Server

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            content = self.server.page.content
            # Until there is a first reading there is nothing to see: a collector counts that as down, and comes again.
            self._answer(200 if content else 503, content or b"The first reading is being taken.\n")
        else:
            self._answer(200 if path == "/" else 404, _HINT)

    do_HEAD = do_GET  # noqa: N815

    def _answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def version_string(self) -> str:
        """Not which Python this is."""
        return "perfmon-agent"

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 -- its name in the base class
        """Silent: collectors come every few seconds."""
