"""When a target is due: the grid of slots, and each target's own place on it."""

from __future__ import annotations

from hashlib import blake2b

SLOT_SECONDS = 5
SLOT_MS = SLOT_SECONDS * 1000


def due_slots(target_id: str, interval: int, after: int, until: int) -> range:
    """The instants (epoch ms) in (after, until] at which a target is due; `interval` in seconds, made of whole slots.

    Where a target lies within its interval follows from its id alone: targets spread evenly, and every planner and
    every restart comes to the same instants.
    """
    period = interval * 1000
    place = int.from_bytes(blake2b(target_id.encode(), digest_size=8).digest(), "big")
    offset = place % (period // SLOT_MS) * SLOT_MS
    first = after + 1 + (offset - after - 1) % period
    return range(first, until + 1, period)
