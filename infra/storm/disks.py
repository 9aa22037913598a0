"""Full disks: the directories of the stores lie in small file systems of their own, which fill up and are freed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from infra.storm.service import Service

_SIZE = "512m"  # of memory at most
_PAUSE = 0.1
_PIECE = bytes(1 << 16)


class CannotMount(Exception):
    """Only root may make file systems, and not everywhere."""


@contextlib.contextmanager
def small_disks(directory: Path, parts: set[str]) -> Iterator[None]:
    """Directories of these parts with little room. Raises CannotMount."""
    with ExitStack() as mounted:
        for part in sorted(parts):
            place = directory / part
            place.mkdir(parents=True)
            made = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={_SIZE},mode=0700", "tmpfs", place],
                capture_output=True,
                check=False,
                text=True,
            )
            if made.returncode:
                raise CannotMount(made.stderr.strip())
            mounted.callback(_unmount, place)
        yield


def _unmount(place: Path) -> None:
    subprocess.run(["umount", "--lazy", place], check=True)


def full(part: str) -> Callable[[Service], AbstractContextManager[None]]:
    """Not a byte is left where the part keeps what it keeps, and what it frees is taken too."""

    @contextlib.contextmanager
    def cause(service: Service) -> Iterator[None]:
        filler = service.directory / part / "filler"
        stopping = threading.Event()
        filling = threading.Thread(target=_fill, args=(filler, stopping))
        filling.start()
        try:
            yield
        finally:
            stopping.set()
            filling.join()
            filler.unlink()

    return cause


def _fill(filler: Path, stopping: threading.Event) -> None:
    file = os.open(filler, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    try:
        while True:
            with contextlib.suppress(OSError):
                while os.write(file, _PIECE):
                    pass
            if stopping.wait(_PAUSE):
                return
    finally:
        os.close(file)
