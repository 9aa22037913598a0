"""How far the stream has been drained, and what was counted on the way."""

from __future__ import annotations

from dataclasses import dataclass

NOTHING_DRAINED = "0-0"


@dataclass(frozen=True, slots=True)
class DrainState:
    """The last stream entry that was drained and which frame it was.

    The epoch rises when series are deleted; the number of frames drained in all falls only when the database is a
    restored one.
    """

    entry_id: str
    writer: int
    number: int
    catalogue_epoch: int
    frames: int


@dataclass(frozen=True, slots=True)
class DrainCounts:
    """What one step of the drain did; `lost` = frames that Valkey had acknowledged and lost."""

    frames: int
    samples: int
    lost: int
    corrupt: int


@dataclass(frozen=True, slots=True)
class StorePosition:
    """How far the store is written, for those who keep samples in memory.

    The newest head row; the newest one that has become part of a block; the drain's epoch and count of frames.
    """

    newest: int
    compacted: int
    epoch: int
    frames: int
