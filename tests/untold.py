"""A teller that tells nobody, for tests that are about other things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.domain.episodes import Change
from chalicelib.domain.silences import AnySilence


class Untold:
    """Tells nobody."""

    def run(self, changes: Sequence[Change], silences: Sequence[AnySilence], now: int) -> None:
        """Nobody hears of it."""

    def of_alert(self, alert_id: str) -> Sequence[Mapping[str, Any]]:
        """Nothing was told of any alert."""
        return ()
