"""Snapshots in memory that wait to be sent: bounded by samples, the oldest go first, and are counted."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any


class Buffer:
    """First in, first out; one thread adds while another takes."""

    def __init__(self, max_samples: int) -> None:
        self._max_samples = max_samples
        self._waiting: deque[dict[str, Any]] = deque()
        self._lock = threading.Lock()
        self.samples = 0
        self.dropped = 0

    def add(self, snapshots: list[dict[str, Any]]) -> None:
        """Put snapshots behind those that wait; the oldest make room."""
        with self._lock:
            for snapshot in snapshots:
                self._waiting.append(snapshot)
                self.samples += len(snapshot["metrics"])
            self._make_room()

    def take(self, max_samples: int) -> list[dict[str, Any]]:
        """The oldest snapshots, at least one if any waits; they are the caller's now."""
        with self._lock:
            batch: list[dict[str, Any]] = []
            samples = 0
            while self._waiting:
                held = len(self._waiting[0]["metrics"])
                if batch and samples + held > max_samples:
                    break
                batch.append(self._waiting.popleft())
                samples += held
            self.samples -= samples
            return batch

    def give_back(self, snapshots: list[dict[str, Any]]) -> None:
        """Put what was taken back in front."""
        with self._lock:
            self._waiting.extendleft(reversed(snapshots))
            self.samples += sum(len(snapshot["metrics"]) for snapshot in snapshots)
            self._make_room()

    def _make_room(self) -> None:
        while self.samples > self._max_samples and len(self._waiting) > 1:
            gone = len(self._waiting.popleft()["metrics"])
            self.samples -= gone
            self.dropped += gone
