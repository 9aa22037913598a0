"""Runs a program for a bounded time and keeps a bounded part of what it prints."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

MOST_BYTES = 256 << 10
# How long the pipes of an ended program may stay open: by a child of its own that left its session.
PIPE_SECONDS = 1.0
# A plugin gets what programs need to run, and no secret of ours.
_HANDED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SYSTEMROOT", "TEMP", "TMP")


class CannotRun(Exception):
    """Why a program could not be run, or did not end well; `output` is what it printed until then."""

    def __init__(self, why: str, output: str = "") -> None:
        super().__init__(why)
        self.output = output


@dataclass
class _Pipe:
    file: BinaryIO
    kept: bytes = b""

    def drain(self) -> None:
        with contextlib.suppress(ValueError, OSError):  # closed under our hands
            while chunk := self.file.read(8192):
                self.kept += chunk[: MOST_BYTES - len(self.kept)]


class Program:
    """A command that can be run again and again, by one thread; `kill` may come from another."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        given = os.environ if environment is None else environment
        self._command = command
        self._environment = {name: given[name] for name in _HANDED_ON if name in given}
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, timeout: float) -> str:
        """What it prints. Raises CannotRun."""
        executable = self._executable()
        try:
            process = subprocess.Popen(  # noqa: S603 -- the command of whoever configures this agent
                [executable, *self._command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment,
                start_new_session=True,
            )
        except OSError as error:
            raise CannotRun(f"cannot be started: {error.strerror}") from None
        assert process.stdout is not None
        assert process.stderr is not None
        self._process = process
        out, err = _Pipe(process.stdout), _Pipe(process.stderr)  # type: ignore[arg-type]
        drains = [threading.Thread(target=pipe.drain, daemon=True) for pipe in (out, err)]
        for drain in drains:
            drain.start()
        try:
            code = process.wait(timeout)
            ending = f"ended with exit code {code}" if code else ""
        except subprocess.TimeoutExpired:
            ending = f"took longer than {timeout:g} s and was ended"
        self.kill()
        process.wait()
        for drain in drains:
            drain.join(PIPE_SECONDS)
        if not any(drain.is_alive() for drain in drains):
            process.stdout.close()
            process.stderr.close()
        self._process = None
        output = out.kept.decode("utf-8", "replace")
        if ending:
            said = err.kept.decode("utf-8", "replace").strip().partition("\n")[0][:200]
            raise CannotRun(f"{ending}: {said}" if said else ending, output)
        return output

    def kill(self) -> None:
        """End it, and what it started, at once; nothing if it does not run."""
        process = self._process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)

    def _executable(self) -> str:
        found = shutil.which(self._command[0])
        if found is None:
            raise CannotRun(f"{self._command[0]} is not there or not executable")
        if os.name == "posix" and stat.S_IMODE(os.stat(found).st_mode) & stat.S_IWOTH:  # noqa: PTH116
            raise CannotRun(f"{found} is writable by everybody (chmod o-w) and is not run")
        return found
