"""Keeps parts running: starts again what dies, gives up on what keeps dying, stops all in order."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from infra.local import leftovers
from infra.local.failures import StackError
from infra.local.parts import Part
from infra.local.program import Program

_DEATHS, _WITHIN_SECONDS = 5, 60.0
_STOP_SECONDS = 9.5  # for all parts together


@dataclass(slots=True)
class _Running:
    part: Part
    program: Program
    process: subprocess.Popen[bytes]
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=_DEATHS))


class Supervisor:
    """The parts of one stack. Its threads only wait for processes to end, so while nothing happens it uses no CPU."""

    def __init__(self, directory: Path, say: Callable[[str], None]) -> None:
        """`say` tells a line to whoever sits at the terminal."""
        self._directory = directory
        self._say = say
        self._running: dict[str, _Running] = {}
        self._ended: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()

    def launch(self, part: Part) -> None:
        """Start a part and watch over it from now on."""
        program = part.launch()
        self._running[part.name] = _Running(part, program, self._watch(program))
        self._record()

    def watch(self) -> None:
        """Start again what ends, until a signal interrupts this. Raises StackError when what is needed keeps dying."""
        while True:
            process = self._ended.get()
            for running in list(self._running.values()):
                if running.process is process:
                    self._revive(running)

    def stop(self) -> None:
        """Stop all parts, the last started first: whoever uses a part ends before it."""
        deadline = time.monotonic() + _STOP_SECONDS
        for running in reversed(self._running.values()):
            rest = deadline - time.monotonic()
            running.program.stop(seconds=max(0.1, min(running.part.stop_seconds, rest)))
        self._running.clear()
        self._record()

    def kill(self) -> None:
        """End all parts at once."""
        for running in self._running.values():
            running.program.kill()

    def _revive(self, running: _Running) -> None:
        part = running.part
        while True:
            how = running.program.ending()
            running.deaths.append(time.monotonic())
            if len(running.deaths) == _DEATHS and running.deaths[-1] - running.deaths[0] < _WITHIN_SECONDS:
                message = f"{part.name} ended {_DEATHS} times within a minute (last: {how})."
                message += f"{running.program.tail()}\n{part.remedy}"
                if part.is_essential:
                    raise StackError(message)
                self._say(f"{message}\nThe rest goes on without it.")
                del self._running[part.name]
                return
            self._say(f"{part.name} ended ({how}) and is started again")
            with contextlib.suppress(StackError):  # it ended again: counted in the next round
                running.program = part.launch()
                running.process = self._watch(running.program)
                self._record()
                return

    def _watch(self, program: Program) -> subprocess.Popen[bytes]:
        """Queue the process when it ends."""
        process = program.process

        def wait() -> None:
            process.wait()
            self._ended.put(process)

        threading.Thread(target=wait, daemon=True, name=f"watch {program.name}").start()
        return process

    def _record(self) -> None:
        pids = {name: running.process.pid for name, running in self._running.items()}
        leftovers.record(self._directory, pids)
