"""The program of the API: the gateway and its containers, on a socket that its parent has opened.

python -m infra.local.api SOCKET APP_DIR PARENT_PID LIFELINE
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from infra.local import lifeline
from infra.local.failures import StackError
from infra.local.gateway import Gateway
from infra.local.patience import Impatient
from infra.local.pool import Pool

_GRACE_SECONDS = 1  # uvicorn counts in whole ones
_WAITING = 256  # requests; more than all containers clear in a few seconds


def container_count() -> int:
    """How many requests are served at once: a container waits for its databases now and then, so never just one."""
    return max(2, min(4, os.cpu_count() or 2))


async def serve(listener: socket.socket, directory: Path, *, containers: int) -> None:
    """Serve the app of the directory until SIGTERM; requests under way get a moment. Raises StackError."""
    pool = Pool(directory, smallest=containers, largest=containers, waiting=_WAITING)
    try:
        gateway = Gateway(pool, await pool.start())
        await http_server(gateway).serve(sockets=[listener])
    finally:
        await pool.close()


def http_server(gateway: Gateway) -> uvicorn.Server:
    """What speaks HTTP before the gateway. Its `serve` listens to SIGTERM where it runs in the main thread."""
    configuration = uvicorn.Config(
        gateway,
        http=Impatient,
        loop="asyncio",
        lifespan="off",
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,  # nothing stands before it: a caller's X-Forwarded-For is not to be believed
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    return uvicorn.Server(configuration)


def main(arguments: list[str]) -> int:
    """Run as a child of the supervisor; the exit status."""
    descriptor, directory, parent, pipe = arguments
    lifeline.tie(int(parent), int(pipe))
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.INFO)
    # uvicorn raises the signal that stopped it once more; the system's own way to take it would leave no time to close.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    listener = socket.socket(fileno=int(descriptor))
    try:
        asyncio.run(serve(listener, Path(directory), containers=container_count()))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
