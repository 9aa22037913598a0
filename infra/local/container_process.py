"""Starts a container's process and holds the other end of its socket."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from infra.local import frames, lifeline
from infra.local.failures import StackError
from infra.local.program import REPOSITORY

_BUFFER = 1 << 20  # bytes; a common request or answer fits at once, so neither side waits for the other


def start(
    directory: Path, environment: Mapping[str, str] | None = None, output: int | None = None
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """A new container for the app in `directory`, and our end of its socket. Its output goes to the file descriptor.

    Without an environment or an output it has ours.
    """
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
    arguments = [str(theirs.fileno()), str(directory), str(os.getpid()), str(lifeline.lease())]
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.container", *arguments],
            cwd=REPOSITORY,
            env=None if environment is None else {**environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[theirs.fileno(), lifeline.lease()],
        )
    return process, ours


class Container:
    """One container used by one caller who waits: for what is called once, such as the migration."""

    def __init__(self, directory: Path, environment: Mapping[str, str], log: Path) -> None:
        """Starts importing the app; nothing is waited for. Its output goes to the end of `log`."""
        with log.open("ab") as output:
            self._process, self._socket = start(directory, environment, output.fileno())
        self._incoming = self._socket.makefile("rb")
        self._hello: frames.Hello | None = None

    def call(self, handler: str, event: Any, *, seconds: int = 60) -> Any:
        """What the handler "module.attribute" returns. Raises StackError with what it raised, or when it ended."""
        try:
            if self._hello is None:
                self._hello = frames.hello_decoder.decode(self._read())
            if self._hello.error is not None:
                raise StackError(f"The service does not start. {self._hello.error}")
            name = f"{self._hello.app_name}-local-{handler.rpartition('.')[2]}"
            call = frames.Call(handler, name, str(uuid4()), time.time() + seconds, event)
            self._socket.settimeout(seconds)
            self._socket.sendall(frames.encode(call))
            outcome = frames.outcome_decoder.decode(self._read())
        except TimeoutError:
            raise StackError(f"{handler} did not end within {seconds} seconds.") from None
        except (ConnectionError, EOFError):
            raise StackError(f"{handler} could not be run: its process ended.") from None
        if outcome.error is not None:
            raise StackError(f"{handler} failed. {outcome.error}")
        return outcome.result

    def close(self) -> None:
        """End the container."""
        self._incoming.close()
        self._socket.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        self._process.kill()
        self._process.wait()

    def _read(self) -> bytes:
        header = self._incoming.read(frames.HEADER_SIZE)
        if len(header) < frames.HEADER_SIZE:
            raise EOFError
        return self._incoming.read(frames.payload_length(header))
