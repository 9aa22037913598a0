"""The teller of a service that has nobody to tell."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.domain.episodes import Change
from chalicelib.services.ports.alerting import AnySilence


class Untold:
    """Tells nobody."""

    def run(self, changes: Sequence[Change], silences: Sequence[AnySilence], now: int) -> None:
        """Nobody hears of it."""
