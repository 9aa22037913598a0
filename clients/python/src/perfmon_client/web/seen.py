"""What is recorded of a request: one `response_time`, and one `error_rate` event if it failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from perfmon_client.recorder import Recorder

UNMATCHED = "unmatched"
ABORTED = 499  # what proxies call it when the caller leaves before there is an answer
FAILED = 500
_FIRST_ERROR = 400
_LONGEST_TAG = 256
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"))


class Records(Protocol):
    """A client, for threads or for asyncio."""

    @property
    def recorder(self) -> Recorder:
        """What takes samples without waiting."""


class Seen:
    """Tells a client of requests. `tags` are those of every sample, like {"service": "shop"}."""

    def __init__(self, service: Records, tags: Mapping[str, str] | None) -> None:
        self._record = service.recorder.record
        self._tags = dict(tags or {})

    def tell(self, endpoint: str, method: str, status: int, seconds: float) -> None:
        """A request is over; `endpoint` is its route's template. Never raises.

        What a caller made up is no method: it would make a series of its own each time.
        """
        about = {
            **self._tags,
            "endpoint": endpoint[:_LONGEST_TAG],
            "method": method if method in _METHODS else "other",
            "statusCode": str(status),
        }
        # Digits beyond a hundredth are noise, and cost the store half as much again.
        self._record("response_time", round(seconds * 1000, 2), "ms", about)
        if status >= _FIRST_ERROR and status != ABORTED:
            self._record("error_rate", 1, "count", about)
