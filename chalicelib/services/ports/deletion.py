"""What deleting series needs of the world."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import Protocol

from chalicelib.domain.series import Definition


class DeletionStep(Protocol):
    """One transaction in which nobody drains or compacts; it commits when the block ends without an error."""

    def series(self) -> dict[int, Definition]:
        """Every series of the metric type, by id."""
        ...

    def stored(self) -> int:
        """How many samples of the metric type there are in blocks: what has to be read to leave some of them out."""
        ...

    def count(self, series: Collection[int]) -> int:
        """How many samples of these series are stored, beside rollups."""
        ...

    def delete(self, series: Collection[int], *, all_of_them: bool) -> None:
        """Delete these series with their samples and rollups; `all_of_them`: the metric type has no others."""
        ...


class SeriesStore(Protocol):
    """Where series are deleted."""

    def step(self, metric_type: str) -> AbstractContextManager[DeletionStep]:
        """Begin with a metric type; waits for a drain or compaction that runs. Raises Unavailable."""
        ...
