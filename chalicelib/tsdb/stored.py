"""What the store holds of one metric type at one instant, still packed."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.tsdb.progress import DrainState


@dataclass(frozen=True, slots=True)
class CatalogueMark:
    """Which series of a metric type the catalogue knows: where two marks are equal, the series are the same.

    Between two deletions, which raise the `epoch`, series are only added; so their number tells. `server` is when
    PostgreSQL was started: another one may have been restored from a backup.
    """

    epoch: int
    series: int
    server: float


@dataclass(frozen=True, slots=True)
class Stored:
    """`blocks` and `slices` of heads in the order of arrival; every block is older than every head of its hour.

    `marks` are how many frames of each writer are drained. `is_sealed` = some samples have been let go, so that only
    rollups tell of them all, and no blocks were read; False where that was not asked.
    """

    state: DrainState
    marks: dict[int, int]
    catalogue: CatalogueMark
    is_sealed: bool
    blocks: list[bytes]
    slices: list[bytes]
