"""Ports on 127.0.0.1: one for people, which must be the one asked for, and free ones for the servers behind it."""

from __future__ import annotations

import errno
import random
import socket
from pathlib import Path

from infra.local import private_file
from infra.local.failures import StackError

# Below the ephemeral ports of Linux (32768) and macOS (49152): a client that keeps dialling a dead server's port from
# that range can be given the very port as its own, connects to itself and so keeps the server from coming back.
LOWEST, HIGHEST = 17_000, 32_000


def listening(port: int) -> socket.socket:
    """A socket listening on 127.0.0.1; port 0 = any free one. Raises StackError when the port cannot be had."""
    # The protocol is named because asyncio sets TCP_NODELAY only on sockets that name it; else answers take 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise StackError(
                f"Port {port} is taken by another program. Stop it, or choose another port: PORT={port + 1} make run"
            ) from None
        raise StackError(
            f"Port {port} cannot be opened ({(error.strerror or '').lower()}). Choose another: PORT=8000 make run"
        ) from None
    listener.listen(1024)
    return listener


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that nobody listens on now."""
    for _ in range(1000):
        port = random.randint(LOWEST, HIGHEST)  # noqa: S311 -- no secret
        if is_free(port):
            return port
    raise StackError(f"No port from {LOWEST} to {HIGHEST} is free on 127.0.0.1. Close what holds them.")


def remembered_port(path: Path) -> int:
    """The port kept in the file, so that addresses survive a restart; another one, kept from now on, if it is taken."""
    kept = private_file.read(path)
    if kept is not None and kept.isdigit() and is_free(int(kept)):
        return int(kept)
    port = free_port()
    private_file.write(path, str(port))
    return port
