"""Snapshots that wait to be sent: bounded by samples, the oldest go first, and are counted."""

from __future__ import annotations

from collections import deque
from typing import Any


class Buffer:
    """First in, first out."""

    def __init__(self, max_samples: int) -> None:
        self._max_samples = max_samples
        self._waiting: deque[dict[str, Any]] = deque()
        self.samples = 0
        self.dropped = 0

    def add(self, snapshots: list[dict[str, Any]]) -> None:
        """Put snapshots behind those that wait; the oldest make room."""
        for snapshot in snapshots:
            self._waiting.append(snapshot)
            self.samples += len(snapshot["metrics"])
        while self.samples > self._max_samples and len(self._waiting) > 1:
            gone = len(self._waiting.popleft()["metrics"])
            self.samples -= gone
            self.dropped += gone

    def oldest(self, max_samples: int) -> list[dict[str, Any]]:
        """The snapshots to send next, at least one if any waits; they stay until `sent`."""
        batch: list[dict[str, Any]] = []
        samples = 0
        for snapshot in self._waiting:
            samples += len(snapshot["metrics"])
            if batch and samples > max_samples:
                break
            batch.append(snapshot)
        return batch

    def sent(self, batch: list[dict[str, Any]]) -> None:
        """Let go of a batch that `oldest` gave."""
        for _ in batch:
            self.samples -= len(self._waiting.popleft()["metrics"])
