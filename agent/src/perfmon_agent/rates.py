"""Counters of the operating system as rates per second."""

from __future__ import annotations

from collections.abc import Callable


class Rates:
    """Remembers each counter's last reading. A counter that fell (a reset, or it wrapped) has no rate this time."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[float, float]] = {}

    def per_second(self, counter: str, value: float, now: float) -> float | None:
        """How fast the counter rose since its last reading; None at the first one."""
        before = self._last.get(counter)
        self._last[counter] = (value, now)
        if before is None or value < before[0] or now <= before[1]:
            return None
        return (value - before[0]) / (now - before[1])

    def keep(self, wanted: Callable[[str], bool]) -> None:
        """Forget all counters that are not wanted."""
        self._last = {counter: last for counter, last in self._last.items() if wanted(counter)}
