"""An HTTP client of one kept connection: a request is one write, so that servers are woken once for each."""

from __future__ import annotations

import http.client
import socket


class Client:
    """Speaks to a server on 127.0.0.1."""

    def __init__(self, port: int, headers: dict[str, str] | None = None) -> None:
        self._port = port
        self._headers = headers or {}
        self._socket: socket.socket | None = None

    def ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
        """The body of the answer. Raises RuntimeError for any status but 2xx, OSError when nobody answers."""
        sent = {**self._headers, **(headers or {}), "Host": f"127.0.0.1:{self._port}", "Content-Length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        connection = self._connection()
        try:
            connection.sendall(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
            answer = http.client.HTTPResponse(connection, method=method)
            answer.begin()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if answer.will_close:
            self.close()
        if not 200 <= answer.status < 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:500].decode(errors='replace')}")
        return content

    def answers(self, path: str) -> bool:
        """Whether a path is served by now."""
        try:
            self.ask("GET", path)
        except (OSError, http.client.HTTPException, RuntimeError):
            return False
        return True

    def close(self) -> None:
        """Let go of the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connection(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=120)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket
