"""One program of the stack: started, waited for, stopped, killed; its output in a log file."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from infra.local import lifeline
from infra.local.failures import StackError

REPOSITORY = Path(__file__).resolve().parents[2]
_LOG_LIMIT = 10_000_000  # bytes; a longer log is put aside at the next start
_TAIL = 15  # lines


class Program:
    """A child process with a session of its own, so that Ctrl-C reaches only who started it."""

    def __init__(self, command: Sequence[str], log: Path, *, name: str, stopping: signal.Signals = signal.SIGTERM):
        """`stopping` is the signal that asks it to end cleanly."""
        self.name = name
        self.log = log
        self._command = command
        self._stopping = stopping
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, environment: Mapping[str, str], descriptors: Sequence[int] = ()) -> None:
        """Start it (again), with exactly this environment, and these file descriptors handed down."""
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(self.log.suffix + ".1"))
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._process = subprocess.Popen(
                self._command,
                env={**environment},
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                start_new_session=True,
                pass_fds=[lifeline.lease(), *descriptors],
            )
        finally:
            os.close(descriptor)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process started last."""
        assert self._process is not None
        return self._process

    @property
    def pid(self) -> int | None:
        """Its process id while it is running."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def wait_until(self, is_ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait until it is ready. Raises StackError when it ends before, or when the time is over."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            if self.pid is None:
                raise StackError(f"{self.name} ended at its start ({self.ending()}).{self.tail()}")
            if time.monotonic() > deadline:
                raise StackError(f"{self.name} was not ready within {seconds:.0f} seconds.{self.tail()}")
            time.sleep(0.01)

    def stop(self, *, seconds: float) -> None:
        """Ask it to end, and kill it when the time is over."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(self._stopping)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it with -9."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def ending(self) -> str:
        """How it ended, in words."""
        status = None if self._process is None else self._process.poll()
        if status is None:
            return "it is running"
        return f"exit status {status}" if status >= 0 else f"signal {signal.Signals(-status).name}"

    def tail(self) -> str:
        """The end of its log, ready to be shown below a sentence."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - 20_000))
                lines = file.read().decode(errors="replace").splitlines()[-_TAIL:]
        except FileNotFoundError:
            lines = []
        return f"\nThe end of {self.log}:" + "".join(f"\n    {line}" for line in lines or ["(empty)"])
