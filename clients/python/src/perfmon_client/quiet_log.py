"""What the client says in its host's log: trouble, once a minute at most; everything, at level DEBUG."""

from __future__ import annotations

import logging
import time

QUIET = 60.0

logger = logging.getLogger("perfmon_client")


class QuietLog:
    """A client in trouble must not flood its host's log: what is not told is counted."""

    def __init__(self) -> None:
        self._last = -QUIET
        self._untold = 0

    def warn(self, message: str) -> None:
        """Warn, unless that was done less than a minute ago."""
        now = time.monotonic()
        if now - self._last < QUIET:
            self._untold += 1
            logger.debug("performance monitoring: %s", message)
            return
        more = f" ({self._untold} more since the last warning)" if self._untold else ""
        self._last, self._untold = now, 0
        logger.warning("performance monitoring: %s%s", message, more)

    def final(self, message: str) -> None:
        """Say what ends something, in any case."""
        logger.error("performance monitoring: %s", message)

    def debug(self, message: str) -> None:
        """Say what only somebody who looks for it wants to know."""
        logger.debug("performance monitoring: %s", message)
