"""How a program ends with the one that started it, even when that one is killed with -9.

On Linux the kernel does it (PR_SET_PDEATHSIG). Elsewhere every child inherits the read end of a pipe whose other end
only the parent holds: Python children watch it in a thread, foreign programs get this very file as their keeper.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

_PR_SET_PDEATHSIG = 1
_IS_LINUX = sys.platform == "linux"
_pipe: tuple[int, int] | None = None


def lease() -> int:
    """The read end of this process's pipe, to be inherited by its children: it reads as ended once we are gone."""
    global _pipe  # noqa: PLW0603 -- there is one of us to outlive
    if _pipe is None:
        _pipe = os.pipe()
    return _pipe[0]


def wrapped(command: Sequence[str], *, dying: signal.Signals, user: int | None = None) -> list[str]:
    """A command that runs a foreign program and sends it `dying` when its parent is gone.

    With `user` it runs under that user and group id. The child must inherit `lease()`. On Linux the parent is the
    *thread* that starts it: start it from one that lives as long as the program should.
    """
    options = [str(os.getpid()), str(lease()), str(int(dying)), str(-1 if user is None else user)]
    # -I -S: nothing of the environment or of site-packages matters to this file, and it starts in 20 ms.
    return [sys.executable, "-I", "-S", __file__, *options, *command]


def tie(parent: int, pipe: int, *, dying: signal.Signals = signal.SIGKILL) -> None:
    """Called by a Python child as its first act: end with the process `parent`."""
    if _IS_LINUX:
        _ask_kernel(parent, dying)
    else:
        _watch(pipe, lambda: os.kill(os.getpid(), dying))


def _ask_kernel(parent: int, dying: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, dying, 0, 0, 0)
    if os.getppid() != parent:  # it went before we could ask
        os.kill(os.getpid(), dying)


def _watch(pipe: int, then: Callable[[], None]) -> None:
    def wait() -> None:
        os.read(pipe, 1)
        then()

    threading.Thread(target=wait, daemon=True, name="lifeline").start()


def _keep(command: Sequence[str], pipe: int, dying: int) -> int:
    """Run the command as a child: hand signals on to it, end it when the pipe does; its exit status."""
    child = subprocess.Popen(command)

    def end(number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, lambda received, _: end(received))
    _watch(pipe, lambda: end(dying))
    status = child.wait()
    return status if status >= 0 else 128 - status


def _main(arguments: Sequence[str]) -> int:
    parent, pipe, dying, user = map(int, arguments[:4])
    command = list(arguments[4:])
    if user >= 0:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    if _IS_LINUX:
        _ask_kernel(parent, dying)
        os.execvp(command[0], command)  # noqa: S606 -- becomes the program, no shell wanted
    return _keep(command, pipe, dying)


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
