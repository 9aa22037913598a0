"""The program of one container: imports the app once, then runs one call at a time, as Lambda does.

    python -m infra.local.container SOCKET APP_DIR PARENT_PID LIFELINE

It ends when its parent closes the other end of the socket.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import signal
import socket
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from infra.local import frames, lifeline
from infra.local.context import LambdaContext

_log = logging.getLogger(__name__)


def introduce(directory: Path) -> frames.Hello:
    """Import the app of the directory; what it declares, or why that failed in a line."""
    sys.path.insert(0, str(directory))
    try:
        from infra.local.manifest import manifest

        return manifest(importlib.import_module("app").app, directory)
    except Exception as error:  # noqa: BLE001 -- the edge: logged, and told to the parent
        _log.exception("the app cannot be imported")
        return frames.Hello(error=f"{type(error).__name__}: {error}")


@cache
def handler(name: str) -> Callable[[Any, Any], Any]:
    """The handler called "module.attribute"."""
    module, _, attribute = name.rpartition(".")
    found: Callable[[Any, Any], Any] = getattr(importlib.import_module(module), attribute)
    return found


def run(call: frames.Call) -> bytes:
    """The frame that answers a call. What the handler raises is logged with its traceback and told in a line."""
    context = LambdaContext(call.function_name, call.request_id, call.deadline)
    try:
        result = handler(call.handler)(call.event, context)
        return frames.encode(frames.Outcome(result))
    except Exception as error:  # noqa: BLE001 -- the edge: logged, and told to the caller
        _log.exception("%s raised (request %s)", call.function_name, call.request_id)
        return frames.encode(frames.Outcome(None, f"{type(error).__name__}: {error}"))


def serve(connection: socket.socket, directory: Path) -> None:
    """Introduce the app, then answer calls until the other end is closed."""
    hello = introduce(directory)
    connection.sendall(frames.encode(hello))
    if hello.error is not None:
        return
    incoming = connection.makefile("rb", buffering=1 << 18)
    while header := incoming.read(frames.HEADER_SIZE):
        call = frames.call_decoder.decode(incoming.read(frames.payload_length(header)))
        connection.sendall(run(call))


def main(arguments: list[str]) -> None:
    """Run as a child of a pool."""
    descriptor, directory, parent, pipe = arguments
    lifeline.tie(int(parent), int(pipe))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    logging.basicConfig(format="%(levelname)s %(name)s %(message)s")  # the app may set up its own on import
    with contextlib.suppress(ConnectionError), socket.socket(fileno=int(descriptor)) as connection:
        serve(connection, Path(directory))


if __name__ == "__main__":
    main(sys.argv[1:])
