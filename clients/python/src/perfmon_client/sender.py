"""Sends what is buffered behind the program's back, again and again until the service has it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from perfmon_client.batches import Batch, next_batch
from perfmon_client.buffer import Buffer
from perfmon_client.errors import Unreachable
from perfmon_client.http import Answer, Http, backoff
from perfmon_client.quiet_log import QuietLog
from perfmon_client.samples import Sample

PATH = "/monitoring/metrics"
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
_LATER = (408, 425, 429)
_NOT_ALLOWED = (401, 403)


@dataclass(frozen=True)
class Pace:
    """When to send: so many samples wait, or `interval` seconds have passed; `timeout` ends a request, in seconds."""

    size: int
    interval: float
    timeout: float


class Sender:
    """One at a time, in a thread of its own that begins with the first sample, or in that of whoever flushes.

    `accepted` is called, in the sending thread, with each sample that the service has taken.
    """

    def __init__(
        self, http: Http, buffer: Buffer, pace: Pace, log: QuietLog, accepted: Callable[[list[Sample]], None]
    ) -> None:
        self.sent = 0
        self.stopped: str | None = None
        """Why nothing is sent any more; None while it is."""
        self._http = http
        self._buffer = buffer
        self._pace = pace
        self._log = log
        self._accepted = accepted
        self._batch: Batch | None = None
        self._failures = 0
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._turn = threading.Lock()
        self._ended = threading.Event()
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()  # may be rung in a signal handler, unlike an Event
        self._rung = False

    @property
    def waiting(self) -> int:
        """Samples that the service may not have yet."""
        return len(self._buffer) + (len(self._batch.samples) if self._batch else 0)

    def notice(self) -> None:
        """A sample has come. Never waits."""
        if self._thread is None:
            self._start()
        if not self._rung and len(self._buffer) >= self._pace.size:
            self._rung = True
            self._bell.put(None)

    def drain(self, seconds: float) -> bool:
        """Send what waits in this thread, trying again for so long; whether the service has answered all of it."""
        end = time.monotonic() + seconds
        while self.stopped is None and (left := end - time.monotonic()) > 0:
            # Only whoever has the turn can tell what waits: a batch is between buffer and wire for a moment.
            if not self._turn.acquire(timeout=left):
                return False
            try:
                wait = self._send(1, end)
            finally:
                self._turn.release()
            if wait is None:
                break
            time.sleep(max(0.0, min(wait, end - time.monotonic())))
        return self.waiting == 0

    def end(self) -> None:
        """Stop the thread, and count what is left as dropped."""
        self.stopped = self.stopped or "The client is closed."
        self._ended.set()
        self._bell.put(None)
        if left := self._give_up():
            self._log.warn(f"{left} samples could not be sent before the end")

    def _start(self) -> None:
        if self._starting.acquire(blocking=False):
            try:
                if self._thread is None:
                    thread = threading.Thread(target=self._work, name="perfmon-sender", daemon=True)
                    thread.start()
                    self._thread = thread
            finally:
                self._starting.release()

    def _work(self) -> None:
        wait: float | None = None
        while not self._ended.is_set():
            if wait is None:
                self._listen(self._pace.interval)
            else:
                self._ended.wait(wait)  # nothing hurries a service in trouble
            with self._turn:
                wait = None if self._ended.is_set() or self.stopped else self._send_safely()
            if self.stopped:
                return

    def _listen(self, seconds: float) -> None:
        with suppress(queue.Empty):
            self._bell.get(timeout=seconds)
        self._rung = False

    def _send_safely(self) -> float | None:
        try:
            return self._send(self._pace.size, None)
        except Exception as error:  # noqa: BLE001 -- a thread that dies would keep every later sample from being sent
            return self._later(f"{type(error).__name__}: {error}", 0)

    def _send(self, least: int, end: float | None) -> float | None:
        """Send until fewer than `least` wait; else the seconds to wait before the next try."""
        while end is None or time.monotonic() < end:
            if self._batch is None:
                self._batch = next_batch(self._buffer)
            if self._batch is None:
                return None
            self._buffer.room = self._buffer.capacity - len(self._batch.samples)
            timeout = self._pace.timeout if end is None else min(self._pace.timeout, end - time.monotonic())
            wait = self._deliver(self._batch, max(timeout, 0.001))
            if wait is not None:
                return wait
            self._batch = None
            self._buffer.room = self._buffer.capacity
            if self.stopped or len(self._buffer) < least:
                return None
        return 0.0

    def _deliver(self, batch: Batch, timeout: float) -> float | None:
        """None when the batch is done with; else the seconds to wait before it is sent again."""
        try:
            answer = self._http.send(PATH, batch.body, batch.key, timeout)
        except Unreachable as error:
            return self._later(str(error), 0)
        if batch is not self._batch:
            return None  # given up meanwhile, and counted so
        if answer.status in _NOT_ALLOWED:
            self._stop(answer, batch)
            return None
        if answer.status >= 500 or answer.status in _LATER:
            return self._later(answer.problem().detail, answer.retry_after)
        if answer.status >= 300:
            self._buffer.drop(len(batch.samples))
            self._log.warn(f"{len(batch.samples)} samples were refused: {answer.problem().detail}")
        elif not isinstance(answer.body, dict) or not {"accepted", "rejected"} <= answer.body.keys():
            return self._later("something that is not the service answered", 0)
        else:
            self._count(batch, answer.body)
        self._failures = 0
        return None

    def _later(self, why: str, retry_after: float) -> float:
        self._failures += 1
        self._log.warn(f"{self.waiting} samples wait: {why}")
        return max(retry_after, backoff(self._failures, FIRST_WAIT, LONGEST_WAIT))

    def _stop(self, answer: Answer, batch: Batch) -> None:
        """A program keeps its token until it is started again, and so does the answer to it."""
        self.stopped = f"The service refuses the token ({answer.status}): {answer.problem().detail}"
        self._batch = None
        dropped = self._give_up() + len(batch.samples)
        self._buffer.drop(len(batch.samples))
        self._log.final(f"recording stops, {dropped} samples are dropped. {self.stopped}")

    def _give_up(self) -> int:
        left = len(self._buffer.take(len(self._buffer)))
        if self._batch is not None:
            left += len(self._batch.samples)
            self._batch = None
        self._buffer.drop(left)
        return left

    def _count(self, batch: Batch, receipt: dict[str, Any]) -> None:
        self.sent += receipt["accepted"]
        self._buffer.drop(receipt["rejected"])
        self._log.debug(f"{receipt['accepted']} samples sent, {receipt['rejected']} refused")
        if receipt["rejected"]:
            first: dict[str, Any] = next(iter(receipt.get("errors") or []), {})
            self._log.warn(f"{receipt['rejected']} samples were refused: {first.get('field')}: {first.get('reason')}")
        self._accepted(list(batch.accepted(receipt)))
