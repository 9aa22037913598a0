"""A connection that ends at a moment, however little comes at a time: a timeout alone begins anew with every byte."""

from __future__ import annotations

import io
import socket
import time
from typing import Any


def left(deadline: float) -> float:
    """The seconds until a moment of `time.monotonic`. Raises TimeoutError when it has passed."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


class Bounded:
    """A connected socket as http.client needs one; whoever reads or writes after the deadline gets a TimeoutError.

    `close` leaves the socket open for whoever still reads: it belongs to the one who opened it.
    """

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        self._sock.settimeout(left(self._deadline))
        self._sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        """What comes, as a file."""
        return io.BufferedReader(_Incoming(self._sock, self._deadline))

    def close(self) -> None:
        """Nothing: see above."""


class _Incoming(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(left(self._deadline))
        return self._sock.recv_into(buffer)
