"""Sends the fleet's past, and then its present."""

from __future__ import annotations

import time
from collections.abc import Callable

from infra.demo.fleet import DAY, DAYS, HOUR, MINUTE, STEP, Story
from infra.demo.service import Refused, Service

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


def send(service: Service, story: Story, instants: range) -> int:
    """Send these instants in one request; how many samples were taken."""
    snapshots = [snapshot for at in instants for snapshot in story.snapshots(at)]
    return int(service.call("POST", "/metrics", {"snapshots": snapshots})["accepted"]) if snapshots else 0


def keep_alive(service: Service, story: Story) -> None:
    """Go on as the fleet would, every ten seconds. Raises Refused when the fault is ours, OSError."""
    while True:
        now = time.time_ns() // 1_000_000
        at = now // INTERVAL * INTERVAL
        try:
            send(service, story, range(at, at + 1))
        except Refused as error:
            if error.status < 500:
                raise  # ours to mend; the service's own troubles pass
        time.sleep((at + INTERVAL - now) / 1000 + 0.05)
