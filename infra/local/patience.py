"""HTTP that waits only so long for the head of a request, and reads only so much of it: uvicorn itself does neither.

It also sends an answer's head and body in one go, where uvicorn wakes the client twice.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 20.0  # from the connection, or the first byte of a further request, to the end of its headers
HEAD_BYTES = 65_536  # far beyond what the gateway takes, so that whoever is a little over hears why


class Impatient(HttpToolsProtocol):
    """One connection. Whoever drips a head, or sends one without an end, is hung up on."""

    _timer: asyncio.TimerHandle | None = None
    _is_in_head = True
    _received = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin to wait."""
        super().connection_made(cast("asyncio.Transport", _HeadWithBody(transport)))
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Read on; a head that is too long already is not waited for."""
        self._received += len(data)
        super().data_received(data)
        if self._is_in_head:
            if self._received > HEAD_BYTES:
                self._hang_up()
            elif self._timer is None:
                self._wait()

    def on_message_begin(self) -> None:
        """A request begins; most heads come whole, and nobody has to wait."""
        super().on_message_begin()
        self._is_in_head = True
        self._received = 0

    def on_headers_complete(self) -> None:
        """Its head is whole."""
        self._stop_waiting()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """An answer without a body has only a head."""
        cast("_HeadWithBody", self.transport).flush()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._timer = self.loop.call_later(HEAD_SECONDS, self._hang_up)

    def _stop_waiting(self) -> None:
        self._is_in_head = False
        self._received = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hang_up(self) -> None:
        self._stop_waiting()
        self.transport.close()


class _HeadWithBody:
    """A transport that keeps the head of an answer until its body comes, or until it is flushed or closed."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""

    def write(self, data: bytes) -> None:
        """Send it, unless it is a head; a provisional one (100 Continue) is an answer of its own."""
        if data.endswith(b"\r\n\r\n") and data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 1"):
            self._head += data
        else:
            self._transport.write(self._head + data)
            self._head = b""

    def flush(self) -> None:
        """Send what is kept."""
        if self._head:
            self._transport.write(self._head)
            self._head = b""

    def close(self) -> None:
        """Send what is kept, then close."""
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
