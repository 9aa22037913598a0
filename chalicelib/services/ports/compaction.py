"""What compaction needs of the world."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # the ingest path reads this page and must not import numpy
    from chalicelib.tsdb.hours import HourState
    from chalicelib.tsdb.rollups import Rollups


class CompactionStep(Protocol):
    """One transaction that holds the compaction of one hour; it commits when the block ends without an error."""

    def state(self) -> HourState:
        """What the hour holds now."""
        ...

    def head_metrics(self) -> list[int]:
        """The metric types in the hour's heads. The heads are those of the step's begin; later ones are left alone."""
        ...

    def head_payloads(self, metric: int) -> list[bytes]:
        """A metric type's slices of the heads, in the order of arrival."""
        ...

    def delete_heads(self) -> None:
        """Delete the heads whose samples are in blocks now."""
        ...

    def block_metrics(self) -> list[int]:
        """The metric types in the hour's blocks."""
        ...

    def take_blocks(self, metric: int) -> list[bytes]:
        """Delete a metric type's blocks and return them in the order of arrival."""
        ...

    def sampled_series(self, metric: int) -> list[int]:
        """The ids of a metric type's sampled series."""
        ...

    def add_block(self, metric: int, payload: bytes, *, series: tuple[int, int], samples: int, is_full: bool) -> None:
        """Write a block of what was read last; `series` are its lowest and highest series id."""
        ...

    def read_blocks(self, metric: int) -> list[bytes]:
        """A metric type's blocks in the order of arrival, left where they are."""
        ...

    def is_complete(self, metric: int, now: int) -> bool:
        """Whether all samples that a metric type ever had in the hour are still there (`now` in epoch ms)."""
        ...

    def read_rollups(self, metric: int, seconds: int) -> Rollups:
        """A metric type's rollups of the hour at a resolution."""
        ...

    def write_rollups(self, metric: int, seconds: int, rollups: Rollups, now: int) -> None:
        """Replace a metric type's rollups of the hour at a resolution."""
        ...


class CompactionStore(Protocol):
    """Where compaction works."""

    def hours(self) -> list[HourState]:
        """Every hour that holds heads, or blocks that are not full, the oldest first. Raises Unavailable."""
        ...

    def step(self, hour: int) -> AbstractContextManager[CompactionStep | None]:
        """Begin with an hour (epoch ms); None while another run compacts. Raises Unavailable."""
        ...
