"""Samples that wait to be sent: so many at most; the oldest make room for new ones and are counted."""

from __future__ import annotations

import threading
from collections import deque

from perfmon_client.samples import Sample


class Buffer:
    """Used by many threads, signal handlers and finalizers without a lock: each step on a deque is one of its own."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.room = capacity
        """How many may wait; less while a batch is on its way."""
        self.dropped = 0
        self._samples: deque[Sample] = deque()
        self._counting = threading.RLock()  # may be entered again by a signal handler

    def __len__(self) -> int:
        return len(self._samples)

    def add(self, sample: Sample) -> int:
        """Take a sample; how many of the oldest had to go for it."""
        self._samples.append(sample)
        gone = 0
        while len(self._samples) > max(self.room, 1):
            if not self.take(1):
                break
            gone += 1
        if gone:
            self.drop(gone)
        return gone

    def take(self, most: int) -> list[Sample]:
        """The oldest, away from here."""
        taken = []
        try:
            for _ in range(most):
                taken.append(self._samples.popleft())  # noqa: PERF401 -- what was taken before the end counts
        except IndexError:
            pass
        return taken

    def put_back(self, samples: list[Sample]) -> None:
        """What was taken and is not sent after all, as the oldest again."""
        self._samples.extendleft(reversed(samples))

    def drop(self, count: int) -> None:
        """Count samples that the service will never have."""
        with self._counting:
            self.dropped += count
