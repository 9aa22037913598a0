"""Create, preview, list and lift silences and maintenance windows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from chalicelib.domain.alert_form import AlertFilter
from chalicelib.domain.alerts import State
from chalicelib.domain.audit import AuditEntry
from chalicelib.domain.episodes import Episode
from chalicelib.domain.errors import NotFound
from chalicelib.domain.silence_form import keep_window, read_silence, read_window, write_silence
from chalicelib.domain.silences import AnySilence, MaintenanceWindow, Silence
from chalicelib.services.ports.alerting import AlertBook, AuditBook, SilenceBook, UnitOfWork

PAGE = 100
MAX_PREVIEW = 1_000
Kind = TypeVar("Kind", Silence, MaintenanceWindow)


class Silencing:
    """Keeps silences and windows."""

    def __init__(
        self,
        unit: UnitOfWork,
        book: SilenceBook,
        alerts: AlertBook,
        audit: AuditBook,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._unit = unit
        self._book = book
        self._alerts = alerts
        self._audit = audit
        self._random_bytes = random_bytes

    def create_silence(self, given: object, *, author: str, now: int) -> Silence:
        """A new silence. Raises InvalidInput."""
        silence = read_silence(given, silence_id=f"sil_{self._random_bytes(8).hex()}", author=author, now=now)
        self._keep(silence, now)
        return silence

    def create_window(self, given: object, *, author: str, now: int) -> MaintenanceWindow:
        """A new maintenance window. Raises InvalidInput."""
        window = read_window(given, window_id=f"win_{self._random_bytes(8).hex()}", author=author, now=now)
        self._keep(window, now)
        return window

    def preview(self, silence: AnySilence) -> list[Episode]:
        """The alerts that fire or are pending now and that it would keep from being told."""
        live = self._alerts.page(AlertFilter(states=(State.PENDING, State.FIRING)), None, MAX_PREVIEW)
        return [episode for episode in live if silence.scope.covers(episode.subject)]

    def page(self, kind: type[Kind], after: str | None, *, now: int, ended: bool) -> tuple[list[Kind], str | None]:
        """Up to 100 of them, with those that have ended if so wished; and the cursor of the next page or None."""
        found = self._book.page(kind, after or "", PAGE + 1, ended_after=None if ended else now)
        known = [each for each in found if isinstance(each, kind)]
        return known[:PAGE], known[PAGE - 1].id if len(known) > PAGE else None

    def get(self, kind: type[Kind], silence_id: str) -> Kind:
        """One of them. Raises NotFound."""
        found = self._book.get(silence_id)
        if not isinstance(found, kind):
            raise NotFound(f"There is no {_called(kind)} {silence_id[:64]!r}.")
        return found

    def lift(self, kind: type[Kind], silence_id: str, *, actor: str, now: int) -> Kind:
        """End it now; it stays readable. One that has ended is left as it is. Raises NotFound."""
        with self._unit.transaction():
            before = self.get(kind, silence_id)
            after = _ended(before, now)
            if after == before:
                return before
            self._book.replace(after)
            entry = AuditEntry(now, actor, "lifted", _called(kind), silence_id, _written(before), _written(after))
            self._audit.record(entry)
        return after

    def _keep(self, silence: AnySilence, now: int) -> None:
        with self._unit.transaction():
            self._book.add(silence, now)
            kind = _called(type(silence))
            self._audit.record(AuditEntry(now, silence.author, "created", kind, silence.id, None, _written(silence)))


def _ended(silence: Kind, now: int) -> Kind:
    if isinstance(silence, Silence):
        return silence if silence.ends_at <= now else replace(silence, ends_at=max(now, silence.starts_at))
    return silence if silence.valid_until is not None else replace(silence, valid_until=now)


def _called(kind: type[AnySilence]) -> str:
    return "silence" if kind is Silence else "maintenance window"


def _written(silence: AnySilence) -> dict[str, object]:
    return write_silence(silence) if isinstance(silence, Silence) else keep_window(silence)
