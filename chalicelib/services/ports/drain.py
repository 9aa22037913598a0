"""What the drain needs of the world: the frames that wait and the store they go to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from chalicelib.domain.series import Definition
from chalicelib.domain.series_limits import Defined, Refusal
from chalicelib.tsdb.progress import DrainCounts, DrainState

if TYPE_CHECKING:  # the ingest path reads this page and must not import numpy
    from chalicelib.tsdb.head import Head


class FrameSource(Protocol):
    """Where the drain takes frames from."""

    def read(self, start: str, count: int) -> list[tuple[str, bytes]]:
        """Up to `count` entries (id, frame) from the id `start` on, inclusive; `-` is the first. Raises Unavailable."""
        ...

    def want_definitions(self) -> None:
        """Ask every container to announce its series again. Raises Unavailable."""
        ...

    def trim_before(self, entry_id: str) -> int:
        """Let go of the entries before an id; how many went. Raises Unavailable."""
        ...


class DrainStep(Protocol):
    """One transaction that holds the drain; it commits when the block ends without an error."""

    @property
    def state(self) -> DrainState:
        """How far the stream is drained."""
        ...

    def marks(self) -> dict[int, int]:
        """How many frames of each writer are drained."""
        ...

    def define(self, definitions: Mapping[int, Definition], now: int) -> Defined:
        """Put series into the catalogue, as far as the limits go; without those whose id another series has."""
        ...

    def metrics_of(self, series_ids: Sequence[int]) -> dict[int, int]:
        """Series id -> metric type number of those in the catalogue."""
        ...

    def add_head(self, head: Head, *, now: int, kept_until: int) -> None:
        """Write a head row; instants in epoch ms."""
        ...

    def keep_waiting(self, payloads: Mapping[int, bytes], now: int) -> None:
        """Keep samples of series nobody has defined yet, by series id, as Columns.pack() packs them."""
        ...

    def count_refused(self, samples: Mapping[tuple[int, Refusal], int], now: int) -> None:
        """Add to the count of samples refused, by metric type number and why."""
        ...

    def take_waiting(self, series_ids: Sequence[int]) -> list[bytes]:
        """Take the samples that waited for these series, in the order of their arrival."""
        ...

    def expire_waiting(self, before: int) -> None:
        """Give up, and count, what arrived before an instant (epoch ms) and was never defined."""
        ...

    def advance(self, state: DrainState, *, marks: Mapping[int, int], counts: DrainCounts, now: int) -> None:
        """Move the offset and the marks, and add to the counts."""
        ...


class DrainStore(Protocol):
    """Where the drain puts samples."""

    def step(self) -> AbstractContextManager[DrainStep | None]:
        """Begin a step; None while another run holds the drain. Raises Unavailable."""
        ...
