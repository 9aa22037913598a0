"""The service class for asyncio: the same names, awaited; the same buffer behind them."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any

from perfmon_client.recorder import Figures, Recorder
from perfmon_client.service import PerformanceMonitoringService
from perfmon_client.timing import Timed


class AsyncPerformanceMonitoringService:
    """What PerformanceMonitoringService is and takes; requests are made in threads, so that no loop waits for one.

    `record_metric` needs no thread: it never waits. Listeners are called on the loop that they were given on, and may
    be coroutine functions.
    """

    def __init__(self, url: str, token: str, **options: Any) -> None:
        self._service = PerformanceMonitoringService(url, token, **options)
        self._wrapped: dict[tuple[str, Callable[..., object]], Callable[..., object]] = {}
        self._tasks: set[asyncio.Future[Any]] = set()

    @property
    def recorder(self) -> Recorder:
        """What middleware tells of requests."""
        return self._service.recorder

    async def record_metric(
        self,
        metric_type: str,
        value: float,
        unit: str | None = None,
        tags: Mapping[str, object] | None = None,
        timestamp: datetime | float | str | None = None,
    ) -> bool:
        """Record one sample: buffered at once, never raises."""
        return self.recorder.record(metric_type, value, unit, tags, timestamp)

    def timed(self, metric_type: str, tags: Mapping[str, object] | None = None) -> Timed:
        """As a context manager (`with`) or a decorator: record how many milliseconds the work took."""
        return Timed(self.recorder, metric_type, tags)

    async def flush(self, timeout: float | None = None) -> bool:
        """Send what is buffered now; whether the service has answered all of it."""
        return await asyncio.to_thread(self._service.flush, timeout)

    def figures(self) -> Figures:
        """How many samples of this process were sent, wait, and were dropped."""
        return self._service.figures()

    async def create_alert_rule(self, rule: Mapping[str, Any] | None = None, /, **fields: Any) -> dict[str, Any]:
        """Create a rule, from an object as the API has it or from its fields as names."""
        return await asyncio.to_thread(self._service.create_alert_rule, rule, **fields)

    async def update_alert_rule(
        self, rule_id: str, change: Mapping[str, Any] | None = None, /, **fields: Any
    ) -> dict[str, Any]:
        """Change the fields that are named, None sets one back to its default; the whole rule."""
        return await asyncio.to_thread(self._service.update_alert_rule, rule_id, change, **fields)

    async def get_alert_rules(self) -> list[dict[str, Any]]:
        """All rules, over all pages."""
        return await asyncio.to_thread(self._service.get_alert_rules)

    async def get_active_alerts(self) -> list[dict[str, Any]]:
        """All alerts that fire now, over all pages."""
        return await asyncio.to_thread(self._service.get_active_alerts)

    async def acknowledge_alert(self, alert_id: str, comment: str | None = None) -> dict[str, Any]:
        """Say that somebody takes care of an alert."""
        return await asyncio.to_thread(self._service.acknowledge_alert, alert_id, comment)

    async def resolve_alert(self, alert_id: str, comment: str | None = None) -> dict[str, Any]:
        """End an alert; while the condition still holds, a new one begins."""
        return await asyncio.to_thread(self._service.resolve_alert, alert_id, comment)

    async def generate_performance_report(
        self, period: str, start_date: datetime | str | None = None, end_date: datetime | str | None = None
    ) -> dict[str, Any]:
        """A report about a range; without dates, the last complete period."""
        return await asyncio.to_thread(self._service.generate_performance_report, period, start_date, end_date)

    async def get_system_health(self) -> dict[str, Any]:
        """`status` and `checks`."""
        return await asyncio.to_thread(self._service.get_system_health)

    def on(self, event: str, listener: Callable[[dict[str, Any]], object]) -> AsyncPerformanceMonitoringService:
        """Call back, on the running loop, on every such event; the listener may be a coroutine function."""
        loop = asyncio.get_running_loop()

        async def told(data: dict[str, Any]) -> None:
            answer = listener(data)
            if inspect.isawaitable(answer):
                await answer

        def tell(data: dict[str, Any]) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(begin, data)

        def begin(data: dict[str, Any]) -> None:
            task = loop.create_task(told(data))
            self._tasks.add(task)  # a loop holds its tasks only weakly
            task.add_done_callback(ended)

        def ended(task: asyncio.Future[Any]) -> None:
            self._tasks.discard(task)
            if not task.cancelled() and (error := task.exception()) is not None:
                self.recorder.complain(f"a listener to {event} failed: {type(error).__name__}: {error}")

        self._service.on(event, self._wrapped.setdefault((event, listener), tell))
        return self

    def off(self, event: str, listener: Callable[[dict[str, Any]], object]) -> AsyncPerformanceMonitoringService:
        """Take a listener away."""
        wrapped = self._wrapped.pop((event, listener), None)
        if wrapped is not None:
            self._service.off(event, wrapped)
        return self

    async def close(self) -> None:
        """Send what is left and let go of everything. Calling it twice is fine."""
        await asyncio.to_thread(self._service.close)

    async def __aenter__(self) -> AsyncPerformanceMonitoringService:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
