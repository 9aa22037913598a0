"""A server of somebody else's, run for a measurement: its CPU, its memory, when it has come to rest."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from benchmarks import cpu
from infra.local.ports import free_port

__all__ = ["Server", "directory_bytes", "free_port", "peak_memory", "until", "until_quiet"]
_QUIET_CPU = 0.03  # CPU seconds in a second; a server with nothing to do takes less


class Server:
    """A process and its children; their output goes to a file."""

    def __init__(self, command: list[str], directory: Path) -> None:
        self._log = (directory / "log").open("wb")
        self._process = subprocess.Popen(command, cwd=directory, stdout=self._log, stderr=subprocess.STDOUT)
        self.pid = self._process.pid

    def wait_until(self, is_ready: Callable[[], bool]) -> None:
        """Raises RuntimeError with the end of its output when it ends, or is not ready within a minute."""

        def is_over() -> bool:
            return self._process.poll() is not None or is_ready()

        until(is_over, 60.0)
        if self._process.poll() is not None:
            raise RuntimeError(Path(self._log.name).read_text()[-2000:])

    def cpu(self) -> float:
        """CPU seconds of it and of its children."""
        return cpu.of(self.pid)

    def memory(self) -> int:
        """The most bytes it held."""
        return peak_memory(self.pid)

    def stop(self) -> None:
        """End it, with force if it does not want to."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


def until(is_so: Callable[[], bool], seconds: float) -> None:
    """Wait for something. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.2)


def until_quiet(cpu_seconds: Callable[[], float]) -> None:
    """Wait until next to no CPU was used for two seconds on end, at most two minutes."""
    calm, last = 0, cpu_seconds()
    deadline = time.monotonic() + 120
    while calm < 2 and time.monotonic() < deadline:
        time.sleep(1)
        now = cpu_seconds()
        calm, last = calm + 1 if now - last < _QUIET_CPU else 0, now


def peak_memory(pid: int) -> int:
    """The sum of what a process and its living children held at most; memory they share counts once."""
    process = psutil.Process(pid)
    private, shared = 0, 0
    for each in (process, *process.children(recursive=True)):
        status = dict(line.split(":", 1) for line in Path(f"/proc/{each.pid}/status").read_text().splitlines())
        peak, common = (int(status[name].split()[0]) * 1024 for name in ("VmHWM", "RssShmem"))
        private += peak - common
        shared = max(shared, common)
    return private + shared


def directory_bytes(directory: Path) -> int:
    """The length of all files below a directory, without the holes in them."""
    found = [each.stat() for each in directory.rglob("*") if each.is_file()]
    return sum(min(each.st_size, each.st_blocks * 512) for each in found)
