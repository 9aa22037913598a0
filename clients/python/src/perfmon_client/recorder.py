"""The hot path: takes samples from a program without ever raising into it or making it wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from perfmon_client import lifetime
from perfmon_client.buffer import Buffer
from perfmon_client.http import Http
from perfmon_client.listeners import Listeners
from perfmon_client.quiet_log import QuietLog
from perfmon_client.samples import Sample, recorded, sample_of
from perfmon_client.sender import Pace, Sender


@dataclass(frozen=True)
class Figures:
    """Samples of this process: accepted by the service, held until it takes them, and those it will never have."""

    sent: int
    waiting: int
    dropped: int


class Recorder:
    """Buffers samples and sends them in the background; `connect` makes the sender's own session, in each process."""

    def __init__(
        self,
        connect: Callable[[], Http],
        pace: Pace,
        *,
        capacity: int,
        close_timeout: float,
        tags: Mapping[str, str],
        listeners: Listeners,
        log: QuietLog,
    ) -> None:
        self._connect = connect
        self._pace = pace
        self._capacity = capacity
        self._close_timeout = close_timeout
        self._tags = dict(tags)
        self._listeners = listeners
        self._log = log
        self._closed = False
        self._in_worker = False
        self._left_behind: list[Sender] = []
        self._begin()
        lifetime.look_after(self)

    def record(
        self,
        metric_type: str,
        value: float,
        unit: str | None = None,
        tags: Mapping[str, object] | None = None,
        timestamp: datetime | float | str | None = None,
    ) -> bool:
        """Whether the sample is buffered. Never raises, never waits; why not is said in the log."""
        try:
            if self._closed or self._sender.stopped:
                return self._refuse(self._sender.stopped or "The client is closed.")
            all_tags = {**self._tags, **tags} if tags else self._tags
            sample = sample_of(metric_type, value, unit, all_tags, timestamp)
            if self._buffer.add(sample):
                self._log.warn(f"{self._capacity} samples wait for the service; the oldest make room for new ones")
            self._sender.notice()
            if self._in_worker:
                self._in_worker = False
                lifetime.close_with_worker(self)
        except Exception as error:  # noqa: BLE001 -- whatever is wrong with a sample is not the program's trouble
            return self._refuse(f"a sample was not recorded: {error}")
        return True

    def flush(self, timeout: float | None = None) -> bool:
        """Send what is buffered now, for so many seconds at most. False: it is kept and tried again."""
        return self._sender.drain(self._close_timeout if timeout is None else timeout)

    def figures(self) -> Figures:
        """How it goes."""
        return Figures(self._sender.sent, self._sender.waiting, self._buffer.dropped)

    def complain(self, message: str) -> None:
        """Say in the log what went wrong, once a minute at most."""
        self._log.warn(message)

    def close(self) -> None:
        """Send what is left, for the time that closing may take, and stop. Calling it twice is fine."""
        if self._closed:
            return
        self._closed = True
        lifetime.let_go(self)
        self._sender.drain(self._close_timeout)
        self._sender.end()
        self._http.close()

    def after_fork(self) -> None:
        """What the parent has buffered is the parent's; the child begins empty, on a connection of its own."""
        # Letting it go would close what its thread was reading from, under a lock that nobody opens here.
        self._left_behind.append(self._sender)
        self._begin()
        self._in_worker = True

    def _begin(self) -> None:
        self._http = self._connect()
        self._buffer = Buffer(self._capacity)
        self._sender = Sender(self._http, self._buffer, self._pace, self._log, self._tell)

    def _tell(self, samples: list[Sample]) -> None:
        if self._listeners.has("metricRecorded"):
            for sample in samples:
                self._listeners.emit("metricRecorded", recorded(sample))

    def _refuse(self, why: str) -> bool:
        self._log.warn(why)
        return False
