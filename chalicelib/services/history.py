"""Read alerts: those that fire, the history, one with all it went through, and statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.domain.alert_form import AlertFilter, Step
from chalicelib.domain.alerts import State
from chalicelib.domain.episodes import Episode
from chalicelib.domain.errors import InvalidInput, NotFound
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
        found = self._book.page(wanted, _position(after), PAGE + 1)
        following = f"{found[PAGE - 1].alert.pending_since}~{found[PAGE - 1].alert.id}" if len(found) > PAGE else None
        return found[:PAGE], following

    def get(self, alert_id: str) -> tuple[Episode, list[Step]]:
        """An alert and its timeline. Raises NotFound."""
        episode = self._book.get(alert_id)
        if episode is None:
            raise NotFound(f"There is no alert {alert_id[:64]!r}; one that never came to fire leaves no trace.")
        return episode, self._book.timeline(alert_id)

    def stats(self, start: int, end: int) -> Sequence[Mapping[str, Any]]:
        """What each rule's alerts did in [start, end), epoch ms; the noisiest rule first."""
        return self._book.stats(start, end)


def _position(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    pending_since, _, alert_id = cursor.partition("~")
    if not alert_id or not pending_since.isascii() or not pending_since.isdigit() or len(pending_since) > 15:
        raise InvalidInput("after: is not a cursor that a page named as next.", field="after")
    return int(pending_since), alert_id
