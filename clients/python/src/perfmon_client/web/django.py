"""Django middleware, under WSGI and ASGI: `"perfmon_client.web.django.MonitoringMiddleware"` in MIDDLEWARE, first."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from typing import Any

from perfmon_client.web.seen import FAILED, UNMATCHED, Records, Seen

SETTING = "PERFORMANCE_MONITORING"


class MonitoringMiddleware:
    """The client is the setting PERFORMANCE_MONITORING: itself, or its dotted name ("shop.monitoring.monitoring").

    PERFORMANCE_MONITORING_TAGS are those of every sample. A streaming response counts when it is closed.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        from django.conf import settings

        self._seen = Seen(_service(getattr(settings, SETTING, None)), getattr(settings, f"{SETTING}_TAGS", None))
        self._get_response = get_response
        self._is_async = inspect.iscoroutinefunction(get_response)
        if self._is_async:
            from asgiref.sync import markcoroutinefunction

            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        if self._is_async:
            return self._respond(request)
        begun = time.perf_counter()
        try:
            response = self._get_response(request)
        except BaseException:
            self._tell(request, FAILED, begun)
            raise
        return self._watched(request, response, begun)

    async def _respond(self, request: Any) -> Any:
        begun = time.perf_counter()
        try:
            response = await self._get_response(request)
        except BaseException:
            self._tell(request, FAILED, begun)
            raise
        return self._watched(request, response, begun)

    def _watched(self, request: Any, response: Any, begun: float) -> Any:
        if not response.streaming:
            self._tell(request, response.status_code, begun)
            return response
        close = response.close

        def closing() -> None:
            response.close = close
            try:
                close()
            finally:
                self._tell(request, response.status_code, begun)

        response.close = closing
        return response

    def _tell(self, request: Any, status: int, begun: float) -> None:
        match = getattr(request, "resolver_match", None)
        endpoint = UNMATCHED if match is None else f"/{match.route.lstrip('/')}"
        self._seen.tell(endpoint, request.method or "", status, time.perf_counter() - begun)


def _service(given: Any) -> Records:
    from django.core.exceptions import ImproperlyConfigured
    from django.utils.module_loading import import_string

    service: Any = import_string(given) if isinstance(given, str) else given
    if not hasattr(service, "recorder"):
        raise ImproperlyConfigured(f"{SETTING} must be a PerformanceMonitoringService, or the dotted name of one.")
    found: Records = service
    return found
