"""Calls the scheduled functions when their time has come, as EventBridge does."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from uuid import uuid4

from infra.local import cron
from infra.local.frames import Schedule
from infra.local.function_events import scheduled_event
from infra.local.pool import CallError, Pool

_log = logging.getLogger(__name__)
_EVERY_MINUTE = "rate(1 minute)"
_LONGEST_SLEEP = 60.0  # seconds: a machine that slept, or whose clock was set, is noticed within a minute


class Scheduler:
    """One scheduled function."""

    def __init__(self, schedule: Schedule, pool: Pool, app_name: str) -> None:
        """Raises StackError when the expression is not understood."""
        self._schedule = schedule
        self._pool = pool
        self._name = f"{app_name}-local-{schedule.function.name}"
        self._next = cron.parse(schedule.expression)
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Fire until cancelled; what runs every minute fires at once too, so that nobody waits for the first."""
        if self._schedule.expression == _EVERY_MINUTE:
            self._fire(datetime.now(UTC))
        while True:
            due = self._next(datetime.now(UTC))
            while (rest := (due - datetime.now(UTC)).total_seconds()) > 0:
                await asyncio.sleep(min(rest, _LONGEST_SLEEP))
            self._fire(due)

    async def finish(self, seconds: float) -> None:
        """Let the calls under way end, for so long."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)

    def _fire(self, time: datetime) -> None:
        """Call without waiting, and without trying again: the service switches EventBridge's retries off."""
        task = asyncio.create_task(self._call(time))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _call(self, time: datetime) -> None:
        function = self._schedule.function
        request_id = str(uuid4())
        event = scheduled_event(self._name, time, request_id)
        try:
            await self._pool.invoke(function, self._name, event, request_id=request_id, seconds=function.seconds * 2.0)
        except CallError as error:
            _log.error("%s failed: %s: %s", self._name, type(error).__name__, error)
