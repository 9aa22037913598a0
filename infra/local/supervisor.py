"""Keeps parts running: starts again what dies, gives up on what keeps dying, stops all in order."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from infra.local import leftovers
from infra.local.failures import StackError
from infra.local.parts import Part
from infra.local.program import Program

_DEATHS, _WITHIN_SECONDS = 5, 60.0
_PAUSES = (0.0, 0.5, 1.0, 2.0)  # seconds before a part is started again, by how often it ended within a minute
_STOP_SECONDS = 9.5  # for all parts together


@dataclass(slots=True)
class _Running:
    part: Part
    program: Program
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=_DEATHS))


class Supervisor:
    """The parts of one stack. Its threads only wait for processes to end, so while nothing happens it uses no CPU."""

    def __init__(self, directory: Path, say: Callable[[str], None], pauses: Sequence[float] = _PAUSES) -> None:
        """`say` tells a line to whoever sits at the terminal; `pauses`: see _PAUSES."""
        self._directory = directory
        self._say = say
        self._pauses = pauses
        self._running: dict[str, _Running] = {}
        self._events: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def launch(self, part: Part) -> None:
        """Start a part and watch over it from now on."""
        running = _Running(part, part.launch())
        self._running[part.name] = running
        self._attend(running)

    def watch(self) -> None:
        """Start again what ends, until a signal interrupts this. Raises StackError when what is needed keeps dying."""
        while True:
            self._events.get()()

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

    def _attend(self, running: _Running) -> None:
        """Have the end of a part that has just been started noticed."""
        process = running.program.process

        def wait() -> None:
            process.wait()
            self._events.put(lambda: self._has_ended(running))

        threading.Thread(target=wait, daemon=True, name=f"watch {running.part.name}").start()
        self._record()

    def _has_ended(self, running: _Running) -> None:
        part, program = running.part, running.program
        running.deaths.append(time.monotonic())
        if len(running.deaths) == _DEATHS and running.deaths[-1] - running.deaths[0] < _WITHIN_SECONDS:
            message = f"{part.name} ended {_DEATHS} times within a minute (last: {program.ending()})."
            message += f"{program.tail()}\n{part.remedy}"
            if part.is_essential:
                raise StackError(message)
            del self._running[part.name]
            self._say(f"{message}\nThe rest goes on without it.")
            return
        self._say(f"{part.name} ended ({program.ending()}) and is started again")
        recent = sum(running.deaths[-1] - death < _WITHIN_SECONDS for death in running.deaths)
        timer = threading.Timer(self._pauses[recent - 1], lambda: self._events.put(lambda: self._start_again(running)))
        timer.daemon = True
        timer.start()

    def _start_again(self, running: _Running) -> None:
        try:
            running.program = running.part.launch()
        except StackError as error:
            self._say(str(error))
            self._has_ended(running)
        else:
            self._attend(running)

    def _record(self) -> None:
        pids = {name: running.program.process.pid for name, running in self._running.items()}
        leftovers.record(self._directory, pids)
