"""The routes of a Django site: the same shop as the others'."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import include, path


def project(request: Any, project_id: int) -> HttpResponse:
    """Answers; those whose number is divisible by 17 are not there."""
    return HttpResponse(status=404 if project_id % 17 == 0 else 200)


def broken(request: Any) -> HttpResponse:
    """Fails."""
    raise RuntimeError("broken")


def stream(request: Any) -> StreamingHttpResponse:
    """Comes in pieces, which a loop wants to wait for."""

    def pieces() -> Iterator[bytes]:
        yield b"one"
        yield b"two"

    async def awaited() -> AsyncIterator[bytes]:
        for piece in pieces():
            yield piece

    return StreamingHttpResponse(awaited() if isinstance(request, ASGIRequest) else pieces())


inner = [path("projects/<int:project_id>", project), path("broken", broken), path("stream", stream)]
urlpatterns = [path("api/", include(inner))]
