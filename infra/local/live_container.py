"""A container as the event loop sees it: connected, given a call, answering, ending."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from infra.local import container_process, frames

_log = logging.getLogger(__name__)


class CallError(Exception):
    """A function could not be called, or did not return."""


class Died(CallError):
    """The container ended before it answered: it crashed, was killed, or ran over the function's time limit."""


class TooLate(CallError):
    """No answer within the time the caller gives; the function goes on until its own limit."""


class FunctionFailed(CallError):
    """The function raised; the text says what, the traceback is in the log."""


class LiveContainer(asyncio.Protocol):
    """One process and the call that is under way in it, if any."""

    def __init__(
        self,
        directory: Path,
        environment: Mapping[str, str] | None,
        became_idle: Callable[[LiveContainer], None],
        has_ended: Callable[[LiveContainer], None],
    ) -> None:
        """Starts the process. `became_idle` is called once it has imported the app, and after each call."""
        self._process, self._socket = container_process.start(directory, environment)
        self._became_idle = became_idle
        self._has_ended = has_ended
        self._loop = asyncio.get_running_loop()
        self._hello: asyncio.Future[frames.Hello] = self._loop.create_future()
        self._closed: asyncio.Future[None] = self._loop.create_future()
        self._answer: asyncio.Future[Any] | None = None
        self._received = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.WriteTransport | None = None
        self.pid = self._process.pid
        self.has_worked = False  # it has at least imported the app
        self.was_retired = False
        self.has_run: set[str] = set()  # the handlers of the functions that it was called for

    async def connect(self) -> None:
        """Listen to the process; must be called once, at once."""
        await self._loop.create_connection(lambda: self, sock=self._socket)

    async def introduced(self) -> frames.Hello:
        """What the app declares, once it is imported."""
        return await self._hello

    async def ended(self) -> None:
        """Wait until the process is gone."""
        await asyncio.shield(self._closed)

    def call(self, call: frames.Call, *, limit: float, patience: float) -> asyncio.Future[Any]:
        """Send a call; the future of its result, or of Died, FunctionFailed, or after `patience` seconds TooLate.

        It is killed after `limit` seconds, whether somebody waits or not.
        """
        assert self._answer is None
        assert self._transport is not None
        answer = self._answer = self._loop.create_future()
        self.has_run.add(call.handler)
        if self._transport.is_closing():
            self._settle(error=Died("the container ended"))
            return answer
        if patience < limit:  # one timer at a time: next to no call is late
            self._timer = self._loop.call_later(max(0.0, patience), self._lose_patience, call, limit - patience)
        else:
            self._timer = self._loop.call_later(limit, self._over_limit, call)
        self._transport.write(frames.encode(call))
        return answer

    def is_wanted(self) -> None:
        """Keep it from ending for lack of work."""
        self._stop_timer()

    def end_after(self, seconds: float) -> None:
        """End it if nothing wants it before."""
        self._stop_timer()
        self._timer = self._loop.call_later(seconds, self._retire)

    def end(self) -> None:
        """End it now."""
        self.was_retired = True
        self._process.kill()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.set_write_buffer_limits(high=1 << 24)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = frames.HEADER_SIZE
        if len(self._received) < end:
            return
        end += frames.payload_length(self._received)
        if len(self._received) < end:
            return
        payload = bytes(memoryview(self._received)[frames.HEADER_SIZE : end])
        self._received.clear()  # nothing follows: it speaks only when it was spoken to
        if self._hello.done():
            self._take_outcome(frames.outcome_decoder.decode(payload))
        else:
            hello = frames.hello_decoder.decode(payload)
            self.has_worked = hello.error is None
            self._hello.set_result(hello)
            if self.has_worked:
                self._became_idle(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._process.kill()
        if not self._hello.done():
            self._hello.set_result(frames.Hello(error="The container ended while it imported the app."))
        self._has_ended(self)
        if self._answer is not None:
            self._settle(error=Died("the container ended"))
        gone = self._loop.run_in_executor(None, self._process.wait)
        gone.add_done_callback(self._is_gone)

    def _is_gone(self, _status: asyncio.Future[int]) -> None:
        if not self._closed.done():
            self._closed.set_result(None)

    def _take_outcome(self, outcome: frames.Outcome) -> None:
        self._stop_timer()
        if outcome.error is None:
            self._settle(result=outcome.result)
        else:
            self._settle(error=FunctionFailed(outcome.error))
        self._became_idle(self)

    def _settle(self, *, result: Any = None, error: CallError | None = None) -> None:
        answer, self._answer = self._answer, None
        if answer is None or answer.done():
            if error is not None:
                _log.warning("a function whose caller had gone failed: %s", error)
        elif error is None:
            answer.set_result(result)
        else:
            answer.set_exception(error)

    def _lose_patience(self, call: frames.Call, rest: float) -> None:
        self._timer = self._loop.call_later(rest, self._over_limit, call)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(TooLate())

    def _over_limit(self, call: frames.Call) -> None:
        _log.error("%s was ended: over its time limit (request %s)", call.function_name, call.request_id)
        self._process.kill()

    def _retire(self) -> None:
        self.was_retired = True
        self._process.kill()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
