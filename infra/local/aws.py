"""The program that stands for AWS: moto's server on 127.0.0.1, all in memory.

python -m infra.local.aws PORT PARENT_PID LIFELINE
"""

from __future__ import annotations

import logging
import signal
import sys
import threading

from infra.local import lifeline
from infra.local.atomic import make_conditions_atomic


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM; the exit status."""
    port, parent, pipe = arguments
    lifeline.tie(int(parent), int(pipe))
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # else a line a request

    from moto.server import ThreadedMotoServer

    make_conditions_atomic()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=int(port), verbose=False)
    server.start()
    stopped.wait()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
