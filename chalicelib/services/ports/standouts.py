"""What looking for what else changed needs of the world."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from chalicelib.domain.episodes import Episode
from chalicelib.domain.series import Definition
from chalicelib.domain.standouts import Standout

if TYPE_CHECKING:
    from chalicelib.tsdb.columns import Columns


class StandoutBook(Protocol):
    """What was found, by alert."""

    def waiting(self, since: int, limit: int) -> list[Episode]:
        """Alerts that fire since `since` (epoch ms) or later and were not looked at yet, the oldest first."""
        ...

    def keep(self, alert_id: str, sentence: str, found: Sequence[Standout], now: int) -> None:
        """Keep what was found, unless somebody else has."""
        ...

    def to_follow(self, since: int, channel_types: Sequence[str]) -> list[tuple[Episode, str, str]]:
        """Alerts looked at since then, what was found, and each channel that has heard of the alert but not of that.

        Nobody else follows up the same until the transaction ends.
        """
        ...


class PlaceSnapshot(Protocol):
    """The samples of a place, all of one instant."""

    def series_tagged(self, key: str, value: str, limit: int) -> dict[int, Definition]:
        """Up to `limit` series that carry a tag, by id."""
        ...

    def samples_between(self, metric_type: str, start: int, end: int) -> list[Columns]:
        """All that is stored of a metric type in the hours that meet [start, end), epoch ms, in arrival order."""
        ...


class PlaceStore(Protocol):
    """Where the samples of a place are read."""

    def snapshot(self) -> AbstractContextManager[PlaceSnapshot]:
        """All that is read in the block is of one instant. Raises Unavailable."""
        ...
