"""A file that one process can hold; the system lets go of it when that process ends, however it ends."""

from __future__ import annotations

import sys
from pathlib import Path


class InUse(Exception):
    """Another process holds it."""


class Lock:
    """Held from its making until `release`."""

    def __init__(self, path: Path) -> None:
        """Take it. Raises InUse, or OSError if the file cannot be opened."""
        self._file = path.open("a+b")
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(self._file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise InUse(str(path)) from None

    def release(self) -> None:
        """Let others have it."""
        self._file.close()
