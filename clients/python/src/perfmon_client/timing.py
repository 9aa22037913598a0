"""How long something takes: as a context manager, and as a decorator of functions of either kind."""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, TypeVar

from perfmon_client.recorder import Recorder

Function = TypeVar("Function", bound=Callable[..., Any])


class Timed:
    """Records milliseconds, whether the work succeeds or not; a failure is tagged with its `error`, the class's name.

    As a context manager for one block at a time; as a decorator for any number of calls at once. A generator's work is
    done after its call: time the block inside of it (TypeError).
    """

    def __init__(self, recorder: Recorder, metric_type: str, tags: Mapping[str, object] | None) -> None:
        self._recorder = recorder
        self._metric_type = metric_type
        self._tags = dict(tags or {})
        self._begun = 0.0

    def __enter__(self) -> Timed:
        self._begun = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tags = self._tags if kind is None else {**self._tags, "error": kind.__name__}
        self._recorder.record(self._metric_type, round((time.perf_counter() - self._begun) * 1000, 3), "ms", tags)

    def __call__(self, function: Function) -> Function:
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"{function.__name__} is a generator: use `with ...timed(...)` inside of it.")
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*arguments: Any, **named: Any) -> Any:
                with Timed(self._recorder, self._metric_type, self._tags):
                    return await function(*arguments, **named)

            return awaited  # type: ignore[return-value]

        @functools.wraps(function)
        def called(*arguments: Any, **named: Any) -> Any:
            with Timed(self._recorder, self._metric_type, self._tags):
                return function(*arguments, **named)

        return called  # type: ignore[return-value]
