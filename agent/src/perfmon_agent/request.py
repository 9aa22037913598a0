"""A request to the API that is always the same bytes under the same Idempotency-Key, however often it is sent."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Request:
    """Snapshots that travel together. `parts`: each snapshot as JSON, without line breaks."""

    key: str
    parts: tuple[bytes, ...]
    samples: int

    @property
    def body(self) -> bytes:
        """What is sent, before compression."""
        return b'{"snapshots":[' + b",".join(self.parts) + b"]}"

    def halves(self) -> tuple[Request, Request]:
        """The same in two requests with keys of their own, which are the same keys every time."""
        middle = len(self.parts) // 2
        first, second = self.parts[:middle], self.parts[middle:]
        return (
            Request(f"{self.key}-0", first, sum(map(_samples, first))),
            Request(f"{self.key}-1", second, sum(map(_samples, second))),
        )


def encode(snapshots: Sequence[dict[str, Any]]) -> tuple[bytes, ...]:
    """Snapshots as the parts of a request."""
    return tuple(json.dumps(each, separators=(",", ":"), allow_nan=False).encode() for each in snapshots)


def request_of(snapshots: Sequence[dict[str, Any]]) -> Request:
    """A new request, with a new key."""
    return Request(uuid.uuid4().hex, encode(snapshots), sum(len(each["metrics"]) for each in snapshots))


def _samples(part: bytes) -> int:
    return len(json.loads(part)["metrics"])
