"""Is the service ready: every dependency with its latency, and how the buffer does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.errors import Unavailable
from chalicelib.services.ports.tick import BufferLength, DrainReport


@dataclass(frozen=True, slots=True)
class Check:
    """One dependency: `status` pass or fail, how long it took in ms, and what it says of itself."""

    name: str
    status: str
    latency_ms: float
    details: dict[str, Any]


class Readiness:
    """Asks PostgreSQL and Valkey."""

    def __init__(self, drain: DrainReport, buffer: BufferLength, clock: Callable[[], float]) -> None:
        self._drain = drain
        self._buffer = buffer
        self._clock = clock

    def run(self) -> list[Check]:
        """One check a dependency; an unreachable one fails, it does not raise."""
        return [
            self._check("postgresql", self._drain.report),
            self._check("valkey", self._ask_buffer),
        ]

    def _ask_buffer(self) -> dict[str, Any]:
        self._buffer.check_room()
        return {"bufferedFrames": self._buffer.length()}

    def _check(self, name: str, ask: Callable[[], dict[str, Any]]) -> Check:
        begun = self._clock()
        try:
            status, details = "pass", ask()
        except Unavailable as error:
            status, details = "fail", {"message": error.message}
        return Check(name, status, round((self._clock() - begun) * 1000, 2), details)
