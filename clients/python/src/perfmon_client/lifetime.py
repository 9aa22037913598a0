"""What ends with the program, and what begins anew in a forked child."""

from __future__ import annotations

import atexit
import os
import sys
import weakref
from typing import Protocol


class Living(Protocol):
    """Something with threads."""

    def close(self) -> None:
        """The program ends. Called at most once for each of its processes."""

    def after_fork(self) -> None:
        """This is a new process, without the threads of its parent, and its locks in whatever state they were."""


_living: weakref.WeakSet[Living] = weakref.WeakSet()


def look_after(living: Living) -> None:
    """From now on, until it is let go."""
    _living.add(living)


def let_go(living: Living) -> None:
    """It has ended by itself."""
    _living.discard(living)


def close_with_worker(living: Living) -> None:
    """Processes of `multiprocessing` end without `atexit`; to be called in the process that it is about."""
    multiprocessing = sys.modules.get("multiprocessing")
    if multiprocessing is not None and multiprocessing.parent_process() is not None:
        from multiprocessing.util import Finalize

        Finalize(living, living.close, exitpriority=10)


def _end() -> None:
    for living in list(_living):
        living.close()


def _forked() -> None:
    for living in list(_living):
        living.after_fork()


atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
