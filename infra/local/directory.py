"""The stack's directory (LOCAL_DIR): made when missing, and held by one stack at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from infra.local.failures import StackError


def prepare(directory: Path) -> None:
    """Make the directory. Raises StackError when it cannot be written to.

    Others may pass through it, not look into it: PostgreSQL may have to run as somebody else (unprivileged.py).
    """
    try:
        (directory / "logs").mkdir(parents=True, exist_ok=True, mode=0o700)
        directory.chmod(0o711)
        (directory / "lock").touch(mode=0o600)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StackError(
            f"{directory} cannot be written to ({reason}). "
            "Make it yours, or choose another place: LOCAL_DIR=~/perfmon make run"
        ) from None


@contextlib.contextmanager
def held(directory: Path) -> Iterator[None]:
    """Hold the directory for the block; the system lets go of it when this process ends, however it ends.

    Raises StackError when another process holds it.
    """
    descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode(errors="replace").strip() or "unknown"
            raise StackError(
                f"Another stack is running in {directory} (process {holder}). "
                "Stop it, or start this one elsewhere: LOCAL_DIR=.local-2 PORT=8001 make run"
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)
