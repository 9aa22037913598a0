"""WSGI middleware, for Flask and whatever else tells the route in the request's environment."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from perfmon_client.web.seen import ABORTED, FAILED, UNMATCHED, Records, Seen

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def flask_route(environ: Environ) -> str | None:
    """The rule that Flask (or another application that keeps Werkzeug's request with its rule) has matched."""
    rule = getattr(environ.get("werkzeug.request"), "url_rule", None)
    return None if rule is None else str(rule.rule)


class WsgiMiddleware:
    """`app.wsgi_app = WsgiMiddleware(app.wsgi_app, monitoring)`.

    `route` says which template a request's environment was matched to, None where there was none: never the path that
    was asked for. A response counts when its last piece is taken, or when the server lets go of it before: streams
    count to their end.
    """

    def __init__(
        self,
        app: Application,
        service: Records,
        *,
        tags: Mapping[str, str] | None = None,
        route: Callable[[Environ], str | None] = flask_route,
    ) -> None:
        self._app = app
        self._seen = Seen(service, tags)
        self._route = route

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        begun = time.perf_counter()
        method = environ.get("REQUEST_METHOD", "")
        status = FAILED
        template: str | None = None

        def starting(line: str, *arguments: Any) -> Any:
            nonlocal status, template
            template = self._template(environ)  # Flask takes its request out of the environment before the body is sent
            status = int(line[:3]) if line[:3].isdecimal() else FAILED
            return start_response(line, *arguments)

        def over(instead: int | None = None) -> None:
            endpoint = template or self._template(environ)
            self._seen.tell(endpoint, method, instead or status, time.perf_counter() - begun)

        try:
            body = self._app(environ, starting)
        except BaseException:
            over(FAILED)
            raise
        if isinstance(body, list | tuple) or _is_file(body, environ):
            over()  # it is complete, or the server sends it by itself: it must see what it knows
            return body
        return _Watched(body, over)

    def _template(self, environ: Environ) -> str:
        try:
            return self._route(environ) or UNMATCHED
        except Exception:  # noqa: BLE001 -- somebody's own idea of a route is not the request's trouble
            return UNMATCHED


def _is_file(body: object, environ: Environ) -> bool:
    wrapper = environ.get("wsgi.file_wrapper")
    return isinstance(wrapper, type) and isinstance(body, wrapper)


class _Watched:
    """A response's body, handed on piece by piece; how it ends is told once.

    A server closes what it was given, but not every server always: Werkzeug's leaves it where the caller hangs up.
    """

    def __init__(self, body: Iterable[bytes], over: Callable[[int | None], None]) -> None:
        self._body = body
        self._pieces: Iterator[bytes] | None = None
        self._over = over
        self._told = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._pieces is None:
            self._pieces = iter(self._body)
        try:
            return next(self._pieces)
        except StopIteration:
            self._tell(None)
            raise
        except BaseException:
            self._tell(FAILED)
            raise

    def close(self) -> None:
        """The server has done with it, at its end or because the caller has left."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._tell(None if self._pieces is None else ABORTED)

    def __del__(self) -> None:
        self._tell(None if self._pieces is None else ABORTED)

    def _tell(self, outcome: int | None) -> None:
        if not self._told:
            self._told = True
            self._over(outcome)
