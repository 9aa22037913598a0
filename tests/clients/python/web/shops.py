"""The same small shop in Flask, Django and FastAPI, watched by a client and served at a real port.

`/api/projects/{id}` answers 404 where the number is divisible by 17; `/api/broken` raises, `/api/stream` streams.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import flask
import uvicorn
from django.conf import settings as django_settings
from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from perfmon_client import PerformanceMonitoringService
from perfmon_client.web import AsgiMiddleware, WsgiMiddleware
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.clients.python.receiver import until

Client = PerformanceMonitoringService


def flask_shop(monitoring: Client) -> Any:
    """WSGI."""
    app = flask.Flask("shop")
    api = flask.Blueprint("api", "api", url_prefix="/api")

    @api.get("/projects/<int:project_id>")
    def project(project_id: int) -> tuple[str, int]:
        return "", 404 if project_id % 17 == 0 else 200

    @api.get("/broken")
    def broken() -> str:
        raise RuntimeError("broken")

    @api.get("/stream")
    def stream() -> flask.Response:
        return flask.Response(iter(["one", "two"]))

    app.register_blueprint(api)
    app.wsgi_app = WsgiMiddleware(app.wsgi_app, monitoring)  # type: ignore[method-assign]
    return app


def fastapi_shop(monitoring: Client) -> Any:
    """ASGI, with a router that has a prefix."""
    app = FastAPI()
    api = APIRouter(prefix="/api")

    @api.get("/projects/{project_id}")
    async def project(project_id: int) -> str:
        if project_id % 17 == 0:
            raise HTTPException(404)
        return ""

    @api.get("/broken")
    def broken() -> str:
        raise RuntimeError("broken")

    @api.get("/stream")
    async def stream() -> StreamingResponse:
        async def pieces() -> AsyncIterator[str]:
            yield "one"
            yield "two"

        return StreamingResponse(pieces())

    app.include_router(api)
    app.add_middleware(AsgiMiddleware, service=monitoring)
    return app


def _configure_django() -> None:
    if not django_settings.configured:
        django_settings.configure(
            ALLOWED_HOSTS=["*"],
            ROOT_URLCONF="tests.clients.python.web.django_site",
            MIDDLEWARE=["perfmon_client.web.django.MonitoringMiddleware"],
            LOGGING_CONFIG=None,
            SECRET_KEY="throw-away",
        )
        import django

        django.setup()


def django_wsgi_shop(monitoring: Client) -> Any:
    """Django as most run it."""
    _configure_django()
    from django.core.handlers.wsgi import WSGIHandler
    from django.test.utils import override_settings

    with override_settings(PERFORMANCE_MONITORING=monitoring):
        return WSGIHandler()


def django_asgi_shop(monitoring: Client) -> Any:
    """Django on a loop."""
    _configure_django()
    from django.core.handlers.asgi import ASGIHandler
    from django.test.utils import override_settings

    with override_settings(PERFORMANCE_MONITORING=monitoring):
        return ASGIHandler()


@contextmanager
def _wsgi_server(app: Any) -> Iterator[str]:
    class Quiet(WSGIRequestHandler):
        def log(self, *_: Any) -> None:
            """Nothing."""

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _asgi_server(app: Any) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started, "the server's start")
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


SHOPS: dict[str, tuple[Callable[[Client], Any], Any, str]] = {
    "flask": (flask_shop, _wsgi_server, "/api/projects/<int:project_id>"),
    "django-wsgi": (django_wsgi_shop, _wsgi_server, "/api/projects/<int:project_id>"),
    "django-asgi": (django_asgi_shop, _asgi_server, "/api/projects/<int:project_id>"),
    "fastapi": (fastapi_shop, _asgi_server, "/api/projects/{project_id}"),
}
"""name -> what builds it, what serves it, and the template of its projects"""


@contextmanager
def open_shop(name: str, monitoring: Client) -> Iterator[str]:
    """The shop's address, for the length of a block."""
    build, serve, _ = SHOPS[name]
    with serve(build(monitoring)) as url:
        yield url
