"""The identity that a container gives its frames; why it exists is told in frame.py."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.tsdb.frame import NO_WRITER

MAX_IDLE_MS = 24 * 3_600_000  # the drain forgets a writer after 48 hours of silence; by then another must have begun


class Writer:
    """Numbers frames. Not thread-safe: a container serves one request at a time."""

    def __init__(self, random_63_bits: Callable[[], int]) -> None:
        self._random = random_63_bits
        self._id = random_63_bits()
        self._acknowledged = 0
        self._last_used = 0
        self._previous = (NO_WRITER, 0)

    def identity(self, now: int) -> tuple[int, int, int, int]:
        """Writer, number, previous writer and previous count of the next frame; `now` in epoch ms."""
        if self._acknowledged and now - self._last_used > MAX_IDLE_MS:
            self.interrupted()
            self._previous = (NO_WRITER, 0)
        self._last_used = now
        return (self._id, self._acknowledged, *self._previous)

    def acknowledged(self) -> None:
        """The frame of the last `identity` is in the stream for certain."""
        self._acknowledged += 1

    def interrupted(self) -> None:
        """Whether the frame of the last `identity` is in the stream is unknown: its number must not be used again."""
        if self._acknowledged:
            self._previous = (self._id, self._acknowledged)
        self._id = self._random()
        self._acknowledged = 0
