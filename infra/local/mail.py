"""The program that stands for a mail server: takes every mail on 127.0.0.1 and keeps it as a file, the newest last.

python -m infra.local.mail PORT DIRECTORY PARENT_PID LIFELINE
"""

from __future__ import annotations

import asyncio
import itertools
import signal
import sys
import time
from pathlib import Path
from typing import Any

from infra.local import lifeline

MOST_KEPT = 1000


class Keep:
    """Keeps what arrives in `DIRECTORY/<time>-<number>.eml`, at most 1000 mails."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._numbers = itertools.count()
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        """One mail."""
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
        name = f"{stamp}-{next(self._numbers):06d}"
        new = self._directory / f"{name}.new"
        new.write_bytes(envelope.content)
        new.rename(self._directory / f"{name}.eml")
        for old in sorted(self._directory.glob("*.eml"))[:-MOST_KEPT]:
            old.unlink(missing_ok=True)
        return "250 Kept"


async def serve(port: int, directory: Path) -> None:
    """Take mails until SIGTERM."""
    from aiosmtpd.smtp import SMTP

    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    handler = Keep(directory)
    server = await loop.create_server(lambda: SMTP(handler, enable_SMTPUTF8=True), "127.0.0.1", port)
    async with server:
        await stopped.wait()


def main(arguments: list[str]) -> int:
    """Run as a child of the supervisor; the exit status."""
    port, directory, parent, pipe = arguments
    lifeline.tie(int(parent), int(pipe))
    asyncio.run(serve(int(port), Path(directory)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
