"""What the evaluation of rules needs of the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib.domain.episodes import Change, Episode
from chalicelib.domain.evaluations import EvaluationState
from chalicelib.domain.rule_records import RuleRecord
from chalicelib.domain.series import Definition
from chalicelib.tsdb.progress import StorePosition

if TYPE_CHECKING:
    from chalicelib.tsdb.columns import Columns
    from chalicelib.tsdb.rollups import Part, Rollups


class RecentSnapshot(Protocol):
    """The newest samples, all of one instant."""

    def position(self) -> StorePosition:
        """How far the store has been written."""
        ...

    def heads_after(self, sequence: int) -> list[dict[str, Columns]]:
        """The samples of each head row after `sequence` by metric type, in the order of arrival."""
        ...

    def samples_between(self, metric_type: str, start: int, end: int, *, but: Sequence[int] = ()) -> list[Columns]:
        """All that is stored of a metric type in the hours that meet [start, end), epoch ms, in arrival order.

        Of the hours in `but` only what is not compacted yet.
        """
        ...

    def stored_between(self, metric_type: str, start: int, end: int) -> int:
        """How many samples `samples_between` would bring, without those that are not compacted yet."""
        ...

    def is_sealed(self, metric_type: str, start: int, end: int) -> bool:
        """Whether samples of a metric type of [start, end) have been let go, so that only rollups tell of them all."""
        ...

    def rollups(self, metric_type: str, seconds: int, start: int, end: int, part: Part) -> Rollups:
        """A metric type's rollups of a resolution in the hours that meet [start, end)."""
        ...

    def series_of(self, metric_types: Sequence[str]) -> dict[int, Definition]:
        """Every series of these metric types, by id."""
        ...

    def series_by_id(self, series_ids: Sequence[int]) -> dict[int, Definition]:
        """What these ids stand for."""
        ...


class RecentStore(Protocol):
    """The store, for its newest samples."""

    def snapshot(self) -> AbstractContextManager[RecentSnapshot]:
        """All that is read in the block is of one instant. Raises Unavailable."""
        ...


class EvaluationBook(Protocol):
    """What the evaluation remembers from one instant to the next."""

    def begin(self) -> EvaluationState:
        """The state, locked until the transaction ends. Raises Unavailable."""
        ...

    def state(self) -> EvaluationState:
        """The state, without a lock. Raises Unavailable."""
        ...

    def finish(self, instant: int, healthy_since: int, took_ms: float) -> None:
        """Remember that an instant was judged."""
        ...


class JudgedRules(Protocol):
    """The rules that are to be judged."""

    def enabled(self) -> list[RuleRecord]:
        """All of them. Raises Unavailable."""
        ...

    def errors(self) -> dict[str, str]:
        """Why which rules could not be judged, by rule id. Raises Unavailable."""
        ...

    def note_errors(self, errors: Mapping[str, str | None], now: int) -> None:
        """Write down why rules could not be judged; None = it was judged again."""
        ...


class LiveAlerts(Protocol):
    """The alerts that are not resolved."""

    def live(self, rule_id: str | None = None) -> list[Episode]:
        """All of them, locked until the transaction ends."""
        ...

    def save(
        self, changes: Sequence[Change], evidence: Mapping[str, Mapping[str, Any]], *, actor: str | None = None
    ) -> None:
        """Write what became of alerts."""
        ...

    def refresh(self, episodes: Sequence[Episode]) -> None:
        """Write what changed without a transition."""
        ...
