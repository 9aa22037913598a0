"""What an ASGI server sees of an application stays as it is; routes are told by template, mounts included."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from perfmon_client.web import AsgiMiddleware
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tests.clients.python.web.recording import Recording


def ask(app: Any, path: str, **scope: Any) -> list[Any]:
    """One request as a server makes it; what was sent."""
    sent: list[Any] = []

    received: list[Any] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        if not received:
            await asyncio.Event().wait()  # the caller stays
        return received.pop()

    async def send(message: Any) -> None:
        sent.append(message)

    asked = {
        "type": "http",
        "method": "GET",
        "path": path,
        "root_path": "",
        "headers": [],
        "query_string": b"",
        **scope,
    }
    asyncio.run(app(asked, receive, send))
    return sent


async def hello(request: Any) -> PlainTextResponse:
    """Answers."""
    return PlainTextResponse("hello")


def shop(folder: Path) -> Starlette:
    """Routes of every kind."""
    inner = FastAPI()
    inner.get("/orders/{order}")(lambda order: order)
    return Starlette(
        routes=[
            Route("/", hello),
            Route("/users/{user:int}", hello),
            Mount("/shops/{shop}", routes=[Route("/items/{item}", hello)]),
            Mount("/tenants/{tenant:uuid}", routes=[Route("/items", hello)]),
            Mount("/api", app=inner),
            Mount("/static", app=StaticFiles(directory=folder)),
        ]
    )


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/", "/"),
        ("/users/17", "/users/{user:int}"),
        ("/shops/berlin/items/5", "/shops/{shop}/items/{item}"),
        ("/shops/5/items/5", "/shops/{shop}/items/{item}"),
        (f"/tenants/{uuid.UUID(int=7)}/items", "/tenants/{tenant}/items"),
        (f"/tenants/{str(uuid.UUID(int=0xABC)).upper()}/items", "/*/items"),
        ("/api/orders/5", "/api/orders/{order}"),
        ("/api/nowhere/5", "/api/*"),
        ("/static/a.txt", "/static/*"),
        ("/static/b.txt", "/static/*"),
        ("/nowhere", "unmatched"),
    ],
)
def test_the_endpoint_is_the_template_never_the_path(tmp_path: Path, path: str, template: str) -> None:
    (tmp_path / "a.txt").write_text("a")
    recording = Recording()
    app = AsgiMiddleware(shop(tmp_path), recording)
    ask(app, path)
    ask(app, f"/behind/a/proxy{path}", root_path="/behind/a/proxy")
    assert {endpoint for _, endpoint, _ in recording.told} == {template}


def test_what_runs_after_the_answer_does_not_count_and_nothing_is_told_twice() -> None:
    recording = Recording()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        assert recording.told == []
        await send({"type": "http.response.body", "body": b"two"})
        assert len(recording.told) == 1
        raise RuntimeError("in the background")

    with pytest.raises(RuntimeError, match="in the background"):
        ask(AsgiMiddleware(app, recording), "/")
    assert recording.told == [("response_time", "unmatched", "200")]


@pytest.mark.parametrize(
    ("ends", "status"),
    [(asyncio.CancelledError, "499"), (ConnectionResetError, "499"), (RuntimeError, "500"), (None, "500")],
    ids=["cancelled", "reset", "failed", "silent"],
)
def test_an_application_that_does_not_answer_is_told_by_how_it_ended(
    ends: type[BaseException] | None, status: str
) -> None:
    recording = Recording()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if ends is not None:
            raise ends()

    with nullcontext() if ends is None else pytest.raises(ends):
        ask(AsgiMiddleware(app, recording), "/")
    assert recording.told[0] == ("response_time", "unmatched", status)
    assert len(recording.told) == (2 if status == "500" else 1)


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
def test_everything_but_http_passes_untouched(kind: str) -> None:
    recording = Recording()
    seen: list[Any] = []

    async def app(*given: Any) -> None:
        seen.extend(given)

    given: list[Any] = [{"type": kind}, object(), object()]
    asyncio.run(AsgiMiddleware(app, recording)(*given))
    assert all(one is other for one, other in zip(seen, given, strict=True))
    assert recording.told == []
