"""ASGI middleware, for FastAPI and Starlette and whatever else tells the route in the request's scope."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from perfmon_client.web.seen import ABORTED, FAILED, UNMATCHED, Records, Seen

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def starlette_route(scope: Scope, mounted_at: str) -> str | None:
    """The template that FastAPI or Starlette have matched, with those of what it is mounted in; None without one.

    `mounted_at` is where the application itself is mounted, which is no part of the template.
    """
    route = scope.get("route")
    path = getattr(route, "path", None)
    if not isinstance(path, str):
        return None
    root = str(scope.get("root_path", "")).removeprefix(mounted_at)
    is_mount = hasattr(route, "routes")
    prefix = _named(root, scope.get("path_params") or {}, "" if is_mount else path)
    return f"{prefix}/*" if is_mount else prefix + path


def _named(root: str, params: Mapping[str, Any], leaf: str) -> str:
    """The path that an application is mounted at with its values as their names again: `/shops/{shop}`."""
    if not root:
        return ""
    names = set(re.findall(r"{(\w+)", leaf))
    for name, value in params.items():
        if name not in names:
            named = f"{root}/".replace(f"/{value}/", f"/{{{name}}}/", 1)[:-1]
            if named == root:
                return "/*"  # a value that is written otherwise in the path, which must not become a series
            root = named
    return root


class AsgiMiddleware:
    """`app.add_middleware(AsgiMiddleware, service=monitoring)`.

    `route` says which template a scope was matched to, None where there was none: never the path that was asked for.
    A response counts when its last piece is sent; what runs in the background after that does not. Everything but HTTP
    passes untouched.
    """

    def __init__(
        self,
        app: Application,
        service: Records,
        *,
        tags: Mapping[str, str] | None = None,
        route: Callable[[Scope, str], str | None] = starlette_route,
    ) -> None:
        self._app = app
        self._seen = Seen(service, tags)
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        mounted_at = scope.get("root_path", "")
        status: int | None = None
        told = False

        def over(outcome: int) -> None:
            nonlocal told
            if not told:
                told = True
                endpoint = self._template(scope, mounted_at)
                self._seen.tell(endpoint, scope["method"], outcome, time.perf_counter() - begun)

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)
            if _is_last(message):
                over(FAILED if status is None else status)

        try:
            await self._app(scope, receive, sending)
        except (asyncio.CancelledError, ConnectionError):
            over(ABORTED)
            raise
        except BaseException:
            over(FAILED)
            raise
        over(FAILED)  # it ended without an answer

    def _template(self, scope: Scope, mounted_at: str) -> str:
        try:
            return self._route(scope, mounted_at) or UNMATCHED
        except Exception:  # noqa: BLE001 -- somebody's own idea of a route is not the request's trouble
            return UNMATCHED


def _is_last(message: Message) -> bool:
    if message["type"] == "http.response.body":
        return not message.get("more_body", False)
    return bool(message["type"] == "http.response.pathsend")
