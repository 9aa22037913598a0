"""Calls a function for the messages of its queue, as AWS's event source mapping does."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from uuid import uuid4

from infra.local.frames import QueueSource
from infra.local.function_events import sqs_event
from infra.local.pool import CallError, Pool
from infra.local.sqs_queue import Queue

_log = logging.getLogger(__name__)
_PAUSE = 1.0  # seconds between attempts to reach SQS, and between short polls
_LONGEST_RETURN = 900.0  # seconds after which a message that failed comes back at the latest


class Poller:
    """One poll at a time; as many calls at once as the function may have."""

    def __init__(self, source: QueueSource, queue: Queue, pool: Pool, app_name: str) -> None:
        self._source = source
        self._queue = queue
        self._pool = pool
        self._name = f"{app_name}-local-{source.function.name}"
        self._slots = asyncio.Semaphore(source.concurrency)
        self._running: set[asyncio.Task[None]] = set()
        self._unsettled_until = 0.0

    async def run(self) -> None:
        """Poll until cancelled."""
        is_reachable = True
        while True:
            await self._slots.acquire()
            try:
                messages = await asyncio.to_thread(
                    self._queue.receive, self._source.batch_size, wait=not self._may_be_blocked()
                )
                is_reachable = True
            except Exception as error:  # noqa: BLE001 -- whatever keeps SQS from answering, polling goes on
                if is_reachable:
                    _log.exception("queue %s cannot be polled (%s); trying on", self._queue.name, type(error).__name__)
                is_reachable = False
                messages = []
            if messages:
                task = asyncio.create_task(self._handle(messages))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
                continue
            self._slots.release()
            if not is_reachable or self._may_be_blocked():
                await self._pause()

    async def finish(self, seconds: float) -> None:
        """Let the calls under way end, for so long."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)

    async def _pause(self) -> None:
        """Wait a second, or until a call ends: then the next message of its group may be handed out."""
        if self._running:
            await asyncio.wait(self._running, timeout=_PAUSE, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(_PAUSE)

    async def _handle(self, messages: list[dict[str, Any]]) -> None:
        """Call the function; its messages are deleted if it returns, but for those it gives back, which come back.

        All of them come back if it raises.
        """
        function = self._source.function
        event = sqs_event(messages, self._queue.arn)
        try:
            answer = await self._pool.invoke(
                function, self._name, event, request_id=str(uuid4()), seconds=function.seconds * 2.0
            )
            done = _done(messages, answer)
            if len(done) < len(messages):
                self._wait_for_some_to_return()
            await asyncio.to_thread(self._queue.delete, done)
        except CallError as error:
            _log.error("%s failed, its messages come back: %s: %s", self._name, type(error).__name__, error)
            self._wait_for_some_to_return()
        except Exception:  # noqa: BLE001 -- the edge of this task: logged
            _log.exception("messages of %s could not be deleted, they come back", self._queue.name)
        finally:
            self._slots.release()

    def _wait_for_some_to_return(self) -> None:
        self._unsettled_until = asyncio.get_running_loop().time() + _LONGEST_RETURN

    def _may_be_blocked(self) -> bool:
        """Whether a long poll of a FIFO queue would make moto spin.

        Its long poll returns to itself at once while a message is visible that it may not hand out, because another of
        the same group is in flight. So while one is, the queue is asked once a second instead.
        """
        if not self._queue.is_fifo:
            return False
        return bool(self._running) or asyncio.get_running_loop().time() < self._unsettled_until


def _done(messages: list[dict[str, Any]], answer: Any) -> list[dict[str, Any]]:
    """The messages but for those that the function names as `batchItemFailures`."""
    failures = answer.get("batchItemFailures", []) if isinstance(answer, dict) else []
    again = {each["itemIdentifier"] for each in failures}
    return [message for message in messages if message["MessageId"] not in again]
