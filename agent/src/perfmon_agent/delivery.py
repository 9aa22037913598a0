"""What is sent when: fresh snapshots first, then the spool, oldest first; nothing while the API is to be left alone.

What could not be delivered goes to the spool, or waits in memory where there is none or it does not work. A request
that was tried keeps its key for good: it may have arrived although no answer came.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Protocol

from perfmon_agent.backoff import Backoff
from perfmon_agent.buffer import Buffer
from perfmon_agent.request import Request, encode, request_of
from perfmon_agent.sender import Outcome
from perfmon_agent.spool import Spool

BATCH_SAMPLES = 5000
_log = logging.getLogger(__name__)


class Send(Protocol):
    """Sender.send."""

    def __call__(self, request: Request) -> Outcome:
        """Send once. Raises Refused."""
        ...


class Delivery:
    """For one thread; `clock` counts seconds and never goes back."""

    def __init__(
        self,
        send: Send,
        buffer: Buffer,
        spool: Spool | None = None,
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._buffer = buffer
        self._spool = spool
        self._backoff = backoff or Backoff()
        self._clock = clock
        self._not_before = clock()
        self._batch = BATCH_SAMPLES
        self._pending: Request | None = None  # tried, and kept in memory because the spool could not take it
        self._disk_fails = False
        self._released = False
        self.refused = 0

    @property
    def waiting(self) -> int:
        """Samples that are not delivered yet, wherever they are."""
        tried = self._pending  # another thread may be asking
        pending = tried.samples if tried else 0
        return self._buffer.samples + pending + (self._spool.samples if self._spool else 0)

    @property
    def dropped(self) -> int:
        """Samples that had to make room or could not be read again."""
        return self._buffer.dropped + (self._spool.dropped if self._spool else 0)

    def round(self, until: float) -> None:
        """Send what waits, until it is `until` on the clock. Raises Refused; what was not sent is kept then too."""
        try:
            if self._clock() >= self._not_before and self._send_fresh():
                self._replay(until)
        finally:
            self._set_aside(everything=self._backoff.failing)

    def pause(self) -> float | None:
        """How long nothing needs to be sent unless something fresh comes; None = for as long as that takes."""
        if not self._backoff.failing or not self.waiting:
            return None
        return max(0.0, self._not_before - self._clock())

    def close(self, until: float) -> None:
        """Bring everything into safety, then send as much as goes until `until`: the agent ends. Raises Refused."""
        self._set_aside(everything=True)
        try:
            self._not_before = self._clock()
            self.round(until)
        finally:
            self.release()

    def release(self) -> None:
        """Bring everything into safety and let go of the spool."""
        if self._released:
            return
        self._released = True
        self._set_aside(everything=True)
        if self._spool is not None:
            self._spool.close()

    def _send_fresh(self) -> bool:
        while True:
            request, self._pending = self._pending, None
            if request is None:
                snapshots = self._buffer.take(self._batch)
                if not snapshots:
                    return True
                request = request_of(snapshots)
            self._pending = request
            if not self._deliver(request):
                return False
            self._pending = None

    def _replay(self, until: float) -> None:
        while self._spool is not None:
            request = self._spool.oldest()
            if request is None or not self._deliver(request):
                return
            self._spool.done()
            if self._clock() >= until:
                return

    def _deliver(self, request: Request) -> bool:
        """Whether the request is done with; if not, when to try again is noted."""
        outcome = self._send(request)
        if outcome.too_large:
            return self._deliver_halves(request)
        if outcome.done:
            self._backoff.success()
        else:
            self._not_before = self._clock() + self._backoff.failure(outcome.wait)
        return outcome.done

    def _deliver_halves(self, request: Request) -> bool:
        self._batch = max(1, min(self._batch, request.samples) // 2)
        if len(request.parts) == 1:
            _log.error("one snapshot alone is too large for the API; its %s samples are left out", request.samples)
            self.refused += request.samples
            return True
        # If the second half fails, both are sent again: under the same keys, so the first counts once.
        return all(self._deliver(half) for half in request.halves())

    def _set_aside(self, *, everything: bool) -> None:
        """What was tried goes to the spool; `everything` else too, unless it can be sent in a moment."""
        if self._spool is None:
            return
        try:
            if self._pending is not None:
                self._spool.keep(self._pending)
                self._pending = None
            while everything and (snapshots := self._buffer.take(self._batch)):
                self._append(self._spool, snapshots)
            self._disk_fails = False
        except OSError as error:
            if not self._disk_fails:
                self._disk_fails = True
                _log.error("the spool cannot be written (%s); samples wait in memory", error)

    def _append(self, spool: Spool, snapshots: list[dict[str, Any]]) -> None:
        try:
            spool.add(encode(snapshots), sum(len(each["metrics"]) for each in snapshots))
        except OSError:
            self._buffer.give_back(snapshots)
            raise
