"""Follows the service's feed of events for as long as somebody listens; none is skipped, none told twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from perfmon_client.errors import ApiError, PerfmonError
from perfmon_client.http import Http, backoff
from perfmon_client.quiet_log import QuietLog

PATH = "/monitoring/events"
PAGE = 100
LONGEST_WAIT = 60.0


class Feed:
    """`tell` is called with each event's type and data, in a thread of the feed's own."""

    def __init__(
        self, connect: Callable[[], Http], interval: float, log: QuietLog, tell: Callable[[str, dict[str, Any]], None]
    ) -> None:
        self._connect = connect
        self._interval = interval
        self._log = log
        self._tell = tell
        self._stopping: threading.Event | None = None

    def follow(self) -> None:
        """Begin with what happens from now on."""
        if self._stopping is None:
            self._stopping = threading.Event()
            threading.Thread(target=self._work, args=(self._stopping,), name="perfmon-events", daemon=True).start()

    def stop(self) -> None:
        """What is being told is told to its end."""
        if self._stopping is not None:
            self._stopping.set()
            self._stopping = None

    def after_fork(self) -> None:
        """The parent follows on; the child does when somebody begins to listen there."""
        self._stopping = None

    def _work(self, stopping: threading.Event) -> None:
        http = self._connect()
        cursor: str | None = None
        failures = 0
        while not stopping.is_set():
            wait = self._interval
            try:
                page = http.get(PATH, after=cursor, limit=PAGE)
                for event in page["events"]:
                    if not stopping.is_set():
                        self._tell(event["type"], event["data"])
                cursor, failures = page["next"], 0
                if len(page["events"]) == PAGE:
                    wait = 0
            except ApiError as error:
                if error.status in (401, 403):
                    self._log.final(f"events are not followed any more, the service refuses the token: {error}")
                    break
                failures += 1
                wait = self._failed(error, failures)
            except (PerfmonError, TypeError, KeyError) as error:
                failures += 1
                wait = self._failed(error, failures)
            stopping.wait(wait)
        http.close()

    def _failed(self, error: Exception, failures: int) -> float:
        self._log.warn(f"events cannot be followed: {error}")
        return max(self._interval, backoff(failures, self._interval, LONGEST_WAIT))
