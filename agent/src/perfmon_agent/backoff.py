"""How long to wait before trying again: longer every time, never all at once, never shorter than asked."""

from __future__ import annotations

import random
from collections.abc import Callable

SHORTEST = 1.0
LONGEST = 60.0


class Backoff:
    """Exponential with full jitter: a fleet that was cut off does not come back in one instant."""

    def __init__(self, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._uniform = uniform
        self._failures = 0

    @property
    def failing(self) -> bool:
        """Whether the last attempt failed."""
        return self._failures > 0

    def success(self) -> None:
        """Start over."""
        self._failures = 0

    def failure(self, asked: float | None = None) -> float:
        """Seconds to wait after one more failure; `asked` = what the server wants at least."""
        ceiling = min(LONGEST, SHORTEST * 2**self._failures)
        self._failures = min(self._failures + 1, 16)
        return (asked or 0.0) + self._uniform(SHORTEST / 2, ceiling)
