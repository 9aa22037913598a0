"""Tells each thing once: what cannot be read now will not be readable in ten seconds either."""

from __future__ import annotations

import logging

_MOST = 1000


class Once:
    """Warnings of one logger, by what they are about."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._told: set[str] = set()

    def warn(self, about: str, message: str, *arguments: object) -> None:
        """Log a warning unless there was one about this already."""
        if about not in self._told and len(self._told) < _MOST:
            self._told.add(about)
            self._logger.warning(message, *arguments)
