"""After an interruption of our own: which instants are judged late, and when no data may be believed again."""

from __future__ import annotations

from dataclasses import dataclass

REPLAY_AT_MOST_MS = 120_000
SETTLE_AT_LEAST_MS = 90_000
SET_BACK_MS = 300_000  # what was done so much later than now was done by a clock that has been set back since


@dataclass(frozen=True, slots=True)
class Due:
    """The instants to judge now, in order (epoch ms), and whether the first of them comes after a gap."""

    instants: tuple[int, ...]
    gap: bool


def due_instants(last: int | None, now: int, tick: int) -> Due:
    """What a tick at the grid instant `now` has to judge, the last judged one being `last`; all in epoch ms.

    Up to two minutes are replayed instant by instant, and people are told the net result only. After a larger gap
    only the present is judged: a breach that nobody watched is not taken to have lasted. The same after a clock that
    was ahead has been set right: else nothing would be judged until it is as late again.
    """
    if last is None or now - last > REPLAY_AT_MOST_MS or last - now > SET_BACK_MS:
        return Due((now,), gap=last is not None)
    return Due(tuple(range(last + tick, now + 1, tick)), gap=False)


def believed_from(healthy_since: int, window: int, interval: int) -> int:
    """From when on no data means what it says, for data that arrives again since `healthy_since`; all in ms.

    Until then the data may be late because we were down: an outage of ours must not page as a death of all hosts.
    """
    return healthy_since + max(window, 2 * interval, SETTLE_AT_LEAST_MS)
