"""The wire between the clients and the service, which can be slow and lose answers."""

from __future__ import annotations

import contextlib
import random
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

_DELAY = 0.2  # seconds, each way
_RATE = 20_000  # bytes a second, each way of a connection
_LOST = 0.1  # of the pieces of answers: the connection breaks in their place, after the request was dealt with
_PIECE = 4096


class Wire(socketserver.ThreadingTCPServer):
    """What connects to `address` reaches the server behind it; if it `is_bad`, slowly, and not every answer comes."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        """`target`: the server's address, http://127.0.0.1:port."""
        super().__init__(("127.0.0.1", 0), _Connection)
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        self.target = ("127.0.0.1", urlsplit(target).port or 80)
        self.is_bad = False
        self.lost = 0
        self.lots = random.Random(1)  # noqa: S311 -- no secret

    @contextlib.contextmanager
    def open(self) -> Iterator[Wire]:
        """It carries as long as the block."""
        thread = threading.Thread(target=self.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            thread.join()
            self.server_close()


class _Connection(socketserver.BaseRequestHandler):
    server: Wire

    def handle(self) -> None:
        client: socket.socket = self.request
        with contextlib.suppress(OSError), socket.create_connection(self.server.target) as server:
            there = threading.Thread(target=self._carry, args=(client, server), daemon=True)
            there.start()
            self._carry(server, client)
            there.join()

    def _carry(self, source: socket.socket, to: socket.socket) -> None:
        """Until one of the two ends breaks off, which the other end then hears."""
        wire, is_answer = self.server, to is self.request
        with contextlib.suppress(OSError):
            while piece := source.recv(_PIECE):
                if wire.is_bad:
                    time.sleep(_DELAY + len(piece) / _RATE)
                    if is_answer and wire.lots.random() < _LOST:
                        wire.lost += 1
                        break
                to.sendall(piece)
        for end in (source, to):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
