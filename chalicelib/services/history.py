"""Read alerts: those that fire, the history, one with all it went through, and statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.domain.alert_form import AlertFilter, Step
from chalicelib.domain.alerts import State
from chalicelib.domain.episodes import Episode
from chalicelib.domain.errors import NotFound
from chalicelib.services.cursors import read_cursor, write_cursor
from chalicelib.services.ports.alerting import AlertBook

PAGE = 100


class AlertHistory:
    """Reads alerts."""

    def __init__(self, book: AlertBook) -> None:
        self._book = book

    def active(self, after: str | None, *, pending: bool = False) -> tuple[list[Episode], str | None]:
        """A page of the alerts that fire (with those pending, if so wished), and the next page's cursor or None."""
        states = (State.FIRING, State.PENDING) if pending else (State.FIRING,)
        return self.page(AlertFilter(states=states), after)

    def page(self, wanted: AlertFilter, after: str | None) -> tuple[list[Episode], str | None]:
        """A page of the history, those pending last first, and the cursor of the next page or None."""
        found = self._book.page(wanted, read_cursor(after), PAGE + 1)
        last = found[PAGE - 1].alert if len(found) > PAGE else None
        return found[:PAGE], None if last is None else write_cursor(last.pending_since, last.id)

    def get(self, alert_id: str) -> tuple[Episode, list[Step]]:
        """An alert and its timeline. Raises NotFound."""
        episode = self._book.get(alert_id)
        if episode is None:
            raise NotFound(f"There is no alert {alert_id[:64]!r}; one that never came to fire leaves no trace.")
        return episode, self._book.timeline(alert_id)

    def stats(self, start: int, end: int) -> Sequence[Mapping[str, Any]]:
        """What each rule's alerts did in [start, end), epoch ms; the noisiest rule first."""
        return self._book.stats(start, end)
