"""Keeps parts running: starts again what dies, ever more slowly what keeps dying, and stops all in order.

It never gives up: a disk that was full is freed some day, and nobody should have to start the service again for it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from infra.local import leftovers
from infra.local.failures import StackError
from infra.local.parts import Part
from infra.local.program import Program

_WITHIN_SECONDS = 60.0
_PAUSES = (0.0, 0.5, 1.0, 2.0, 10.0)  # seconds before a part is started again, by how often it ended within a minute
_STOP_SECONDS = 9.5  # for all parts together


@dataclass(slots=True)
class _Running:
    part: Part
    program: Program
    deaths: deque[float]  # of the last minute; no more than there are pauses
    keeps_dying: bool = False  # this was told


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
        running = _Running(part, part.launch(), deque(maxlen=len(self._pauses)))
        self._running[part.name] = running
        self._attend(running)

    def watch(self) -> None:
        """Start again what ends, until a signal interrupts this."""
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
            self._events.put(lambda: self._has_ended(running, f"ended ({running.program.ending()})"))

        threading.Thread(target=wait, daemon=True, name=f"watch {running.part.name}").start()
        self._record()

    def _has_ended(self, running: _Running, how: str) -> None:
        part, now = running.part, time.monotonic()
        running.deaths.append(now)
        recent = sum(now - death < _WITHIN_SECONDS for death in running.deaths)
        pause = self._pauses[recent - 1]
        if recent < len(self._pauses):
            running.keeps_dying = False
            self._say(f"{part.name} {how} and is started again")
        elif not running.keeps_dying:
            running.keeps_dying = True
            again = f"It is started again every {pause:g} seconds from now on."
            self._say(
                f"{part.name} {how}, {recent} times within a minute. {again}{running.program.tail()}\n{part.remedy}"
            )
        timer = threading.Timer(pause, lambda: self._events.put(lambda: self._start_again(running)))
        timer.daemon = True
        timer.start()

    def _start_again(self, running: _Running) -> None:
        try:
            running.program = running.part.launch()
        except (StackError, OSError) as error:
            self._has_ended(running, f"could not be started: {error}")
        else:
            self._attend(running)

    def _record(self) -> None:
        pids = {name: running.program.process.pid for name, running in self._running.items()}
        try:
            leftovers.record(self._directory, pids)
        except OSError as error:  # a full disk; the parts themselves are more important
            self._say(f"which processes run could not be written down: {error}")
