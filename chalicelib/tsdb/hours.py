"""When an hour of samples wants to be compacted, and how."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.tsdb.head import HOUR_MS

MANY_HEADS = 30
OLD_HEAD_MS = 240_000  # compaction runs every five minutes: what it just leaves would wait for ten
CLOSED_AFTER_MS = 120_000  # agents that were away for a moment still make it into the full blocks
FOLD_IN_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class HourState:
    """What an hour (epoch ms) holds: heads, when the oldest of them arrived (epoch ms), and samples in blocks."""

    hour: int
    heads: int
    oldest_head: int | None
    full_samples: int
    small_samples: int


def wants_small(hour: HourState, now: int) -> bool:
    """Whether the heads should become blocks: there are many, or they are old."""
    if not hour.heads:
        return False
    is_old = hour.oldest_head is not None and now - hour.oldest_head >= OLD_HEAD_MS
    return hour.heads >= MANY_HEADS or is_old


def is_closed(hour: HourState, now: int) -> bool:
    """Whether the hour is over, and nearly all that belongs to it has come."""
    return now >= hour.hour + HOUR_MS + CLOSED_AFTER_MS


def wants_full(hour: HourState, now: int) -> bool:
    """Whether all blocks should become full ones: the hour is over, and what is not full is worth the rewriting."""
    return is_closed(hour, now) and hour.small_samples > FOLD_IN_SHARE * hour.full_samples
