"""Containers shared by all who call: an idle one is taken first, one call at a time each, a dead one is replaced.

A function goes to a container that has run it before, if one is idle: what the function remembers there from call to
call it need not read again, nor hold in the memory of every container.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.local import frames
from infra.local.failures import StackError
from infra.local.live_container import CallError, Died, FunctionFailed, LiveContainer, TooLate

__all__ = ["AllBusy", "CallError", "Died", "FunctionFailed", "Pool", "TooLate"]
_log = logging.getLogger(__name__)
_AFTER_FAILED_START = 1.0  # seconds until a container that could not import the app is tried again


class AllBusy(CallError):
    """Every container is busy, and as many callers as may are waiting already."""


class Pool:
    """At least `smallest` containers, more while all are busy, at most `largest`. For one event loop."""

    def __init__(
        self,
        directory: Path,
        *,
        smallest: int,
        largest: int,
        waiting: int,
        idle_seconds: float = 60.0,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`waiting` callers may queue; a container above `smallest` ends after `idle_seconds` without work."""
        self._directory = directory
        self._smallest = smallest
        self._largest = largest
        self._waiting_limit = waiting
        self._idle_seconds = idle_seconds
        self._environment = environment
        self._containers: set[LiveContainer] = set()
        self._idle: list[LiveContainer] = []  # the last one used comes first: it is warm
        self._waiting: deque[asyncio.Future[LiveContainer]] = deque()
        self._closing = False

    async def start(self) -> frames.Hello:
        """Start the containers and wait until all have imported the app; what the app declares.

        Raises StackError when it cannot be imported.
        """
        started = await asyncio.gather(*(self._add() for _ in range(self._smallest)))
        for container in started:
            hello = await container.introduced()
            if hello.error is not None:
                raise StackError(f"The app cannot be imported. {hello.error}")
        return hello

    @property
    def pids(self) -> list[int]:
        """The containers' process ids."""
        return [container.pid for container in self._containers]

    async def invoke(self, function: frames.Function, name: str, event: Any, *, request_id: str, seconds: float) -> Any:
        """What the function returns. `name` is what it is told to be called.

        Raises AllBusy, TooLate after `seconds` (waiting included), Died when its container ended meanwhile, and
        FunctionFailed with what it raised.
        """
        give_up = time.monotonic() + seconds
        container = await self._take(function.handler, seconds)
        call = frames.Call(function.handler, name, request_id, time.time() + function.seconds, event)
        return await container.call(call, limit=function.seconds, patience=give_up - time.monotonic())

    async def close(self) -> None:
        """End all containers."""
        self._closing = True
        for container in list(self._containers):
            container.end()
        await asyncio.gather(*(container.ended() for container in self._containers))

    async def _take(self, handler: str, seconds: float) -> LiveContainer:
        idle = [container for container in self._idle if not container.was_retired]
        if idle:
            container = next((each for each in reversed(idle) if handler in each.has_run), idle[-1])
            self._idle.remove(container)
            container.is_wanted()
            return container
        if len(self._waiting) >= self._waiting_limit:
            raise AllBusy
        turn: asyncio.Future[LiveContainer] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        if len(self._containers) < self._largest:
            await self._add()
        try:
            return await asyncio.wait_for(turn, seconds)
        except TimeoutError:
            raise TooLate from None
        finally:
            with contextlib.suppress(ValueError):
                self._waiting.remove(turn)

    async def _add(self) -> LiveContainer:
        container = LiveContainer(self._directory, self._environment, self._became_idle, self._has_ended)
        self._containers.add(container)
        await container.connect()
        return container

    def _became_idle(self, container: LiveContainer) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(container)
                return
        self._idle.append(container)
        if len(self._containers) > self._smallest:
            container.end_after(self._idle_seconds)

    def _has_ended(self, container: LiveContainer) -> None:
        self._containers.discard(container)
        with contextlib.suppress(ValueError):
            self._idle.remove(container)
        if self._closing or container.was_retired:
            return
        _log.error("container %d ended and is replaced", container.pid)
        delay = 0.0 if container.has_worked else _AFTER_FAILED_START
        asyncio.get_running_loop().call_later(delay, lambda: asyncio.ensure_future(self._refill()))

    async def _refill(self) -> None:
        wanted = self._smallest + min(len(self._waiting), self._largest - self._smallest)
        if not self._closing and len(self._containers) < wanted:
            await self._add()
