"""Sends the fleet's past, and then its present."""

from __future__ import annotations

import time
from collections.abc import Callable

from infra.demo.fleet import DAY, DAYS, HOUR, MINUTE, STEP, Story
from infra.demo.service import PATIENCE_S, Refused, Service

INTERVAL = 10_000
_FINE = 3 * HOUR  # the newest hours come as a live fleet's would, so that charts of them are not coarse


def fill(service: Service, story: Story, until: int, say: Callable[[str], None], *, days: int = DAYS) -> int:
    """Send the `days` up to `until` (epoch ms), the oldest first; how many samples were taken.

    An hour a request: the store packs hours, and one that comes whole is packed once. Raises Refused, OSError.
    """
    taken = 0
    hours = range(story.end - days * DAY, until, HOUR)
    for place, hour in enumerate(hours, start=1):
        step = MINUTE if hour >= story.end - _FINE else STEP
        taken += send(service, story, range(hour, min(hour + HOUR, until), step))
        if place % 48 == 0:
            say(f"  {place // 24} days, {taken:,} samples")
    return taken


def send(service: Service, story: Story, instants: range, *, patience: float = PATIENCE_S) -> int:
    """Send these instants in one request; how many samples were taken."""
    snapshots = [snapshot for at in instants for snapshot in story.snapshots(at)]
    if not snapshots:
        return 0
    return int(service.call("POST", "/metrics", {"snapshots": snapshots}, patience=patience)["accepted"])


def keep_alive(
    service: Service,
    story: Story,
    say: Callable[[str], None],
    *,
    is_over: Callable[[], bool] = lambda: False,
    clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Go on as the fleet would, every ten seconds, also through restarts of the service.

    Raises Refused when the fault is ours, OSError when nobody answers and `is_over` says that nobody will.
    """
    is_away = False
    while True:
        at = clock() // INTERVAL * INTERVAL
        try:
            send(service, story, range(at, at + 1), patience=INTERVAL / 1000)
        except Refused as error:
            if error.status < 500:
                raise  # ours to mend; the service's own troubles pass
        except OSError:
            if is_over():
                raise
            if not is_away:
                say("the service does not answer; the fleet goes on when it does")
            is_away = True
        else:
            if is_away:
                say("the service is back")
            is_away = False
        wait(max(0, at + INTERVAL - clock()) / 1000 + 0.05)
