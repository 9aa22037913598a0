"""What rules, alerts, silences and their history need of the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from chalicelib.domain.alert_form import AlertFilter, Step
from chalicelib.domain.audit import AuditEntry
from chalicelib.domain.episodes import Change, Episode
from chalicelib.domain.rule_records import RuleRecord
from chalicelib.domain.silences import AnySilence


class UnitOfWork(Protocol):
    """The database: what adapters do inside the block is done together or not at all."""

    def transaction(self) -> AbstractContextManager[object]:
        """One transaction; blocks within blocks belong to the outermost. Raises Unavailable."""
        ...


class RuleBook(Protocol):
    """Where rules are kept."""

    def add(self, record: RuleRecord) -> None:
        """Keep a new rule."""
        ...

    def get(self, rule_id: str, *, lock: bool = False) -> RuleRecord | None:
        """A rule; with `lock`, nobody else changes or judges it until the transaction ends."""
        ...

    def page(self, after: str, limit: int, *, metric_type: str | None, enabled: bool | None) -> list[RuleRecord]:
        """Rules in the order of their ids, from behind the id `after`."""
        ...

    def replace(self, record: RuleRecord) -> None:
        """Keep a changed rule."""
        ...

    def remove(self, rule_id: str) -> None:
        """Forget a rule; its alerts stay. Until the transaction ends, no rule is judged."""
        ...


class AlertBook(Protocol):
    """Where alerts are kept."""

    def get(self, alert_id: str, *, lock: bool = False) -> Episode | None:
        """One alert; with `lock`, nobody else changes it until the transaction ends."""
        ...

    def live(self, rule_id: str) -> list[Episode]:
        """The alerts of a rule that are not resolved, locked until the transaction ends."""
        ...

    def page(self, wanted: AlertFilter, after: tuple[int, str] | None, limit: int) -> list[Episode]:
        """Alerts, those pending last first, from behind (pending since, id)."""
        ...

    def timeline(self, alert_id: str) -> list[Step]:
        """What it went through, in order."""
        ...

    def stats(self, start: int, end: int) -> list[Mapping[str, Any]]:
        """Per rule with an alert that fired within: counts and median times in seconds."""
        ...

    def save(
        self, changes: Sequence[Change], evidence: Mapping[str, Mapping[str, Any]], *, actor: str | None = None
    ) -> None:
        """Write what became of alerts: rows, transitions with their evidence (by alert id), and events."""
        ...

    def acknowledge(self, episode: Episode, now: int) -> None:
        """Write an acknowledgement, and the event of it."""
        ...


class SilenceBook(Protocol):
    """Where silences and maintenance windows are kept."""

    def add(self, silence: AnySilence, now: int) -> None:
        """Keep a new one."""
        ...

    def get(self, silence_id: str) -> AnySilence | None:
        """One of them."""
        ...

    def page(self, kind: type, after: str, limit: int, *, ended_after: int | None) -> list[AnySilence]:
        """In the order of their ids, from behind the id `after`; `ended_after`: only what ends later (epoch ms)."""
        ...

    def replace(self, silence: AnySilence) -> None:
        """Keep a changed one."""
        ...

    def relevant(self, now: int) -> list[AnySilence]:
        """All that hold at an instant, recur, or ended within the week before it: silences before windows."""
        ...


class AuditBook(Protocol):
    """The audit trail."""

    def record(self, entry: AuditEntry) -> None:
        """Add an entry."""
        ...


class Teller(Protocol):
    """Decides whom to tell of what has changed, and of what time alone makes due."""

    def run(self, changes: Sequence[Change], silences: Sequence[AnySilence], now: int) -> None:
        """Write down every decision, within the transaction at hand."""
        ...
