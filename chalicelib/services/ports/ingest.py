"""What recording samples needs of the world: the known metric types and the stream of frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from chalicelib.tsdb.frame import FrameBuilder


class MetricTypes(Protocol):
    """The bounded set of metric types."""

    def admit(self, metric_type: str) -> bool:
        """Whether this type is known, or was new and there was room for it."""
        ...


class FrameSink(Protocol):
    """Where accepted frames go."""

    @property
    def definitions_lost_at(self) -> int:
        """When (epoch ms) definitions sent before may have been lost; 0 = never."""
        ...

    def append(
        self,
        frame: FrameBuilder,
        *,
        now: int,
        distinct: Sequence[tuple[str, str]] = (),
        once: tuple[str, str, bytes] | None = None,
    ) -> None:
        """Keep a frame; see storage/valkey/stream.py. Raises Unavailable or Unprocessable."""
        ...


class KnownTypes(Protocol):
    """The bounded set of metric types, as the tick restores it."""

    def rebuild(self, metric_types: Sequence[str]) -> None:
        """Add what the catalogue knows, and keep the set alive. Raises Unavailable."""
        ...
