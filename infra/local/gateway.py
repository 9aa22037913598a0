"""API Gateway on this machine: an ASGI app that turns requests into events for containers, and keeps its limits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import msgspec

from infra.local import answer
from infra.local.answer import HttpResponse, Malformed, problem
from infra.local.event import STAGE, NoSuchResource, api_gateway_event
from infra.local.frames import Hello
from infra.local.pool import AllBusy, Died, FunctionFailed, Pool, TooLate
from infra.local.routes import Routes

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_PREFIX = f"/{STAGE}"
_HOME = f"{_PREFIX}/dashboard"
_DRAINED_SECONDS = 3.0  # a client that is still sending a refused body gets so long to finish and read the answer
_ESCAPED = 6  # JSON writes one byte of a body in at most so many characters


@dataclass(frozen=True, slots=True)
class Limits:
    """API Gateway's and Lambda's quotas; sizes in bytes."""

    body: int = 10 * 1024 * 1024
    headers: int = 10_240
    seconds: float = 29.0
    payload: int = 6 * 1024 * 1024  # an event, and what a function returns, as JSON


class Gone(Exception):
    """The client hung up."""


class Gateway:
    """Serves the stage `/api`; a request that breaks a limit is answered here and reaches no container."""

    def __init__(self, pool: Pool, app: Hello, limits: Limits | None = None) -> None:
        """`app` is what the pool's containers declared."""
        self._pool = pool
        self._limits = limits or Limits()
        self._function = app.api
        self._name = f"{app.app_name}-local"
        self._binary_types = frozenset(app.binary_types)
        self._routes = Routes(resource.path for resource in app.resources)
        self._resources = {resource.path: resource for resource in app.resources}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        assert scope["type"] == "http"
        request_id = str(uuid4())
        try:
            response = await self._respond(scope, receive, request_id)
        except Gone:
            return
        headers = [*response.headers, (b"x-amzn-requestid", request_id.encode())]
        if not any(name == b"content-length" for name, _ in headers):
            headers.append((b"content-length", b"%d" % len(response.body)))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})

    async def _respond(self, scope: Scope, receive: Receive, request_id: str) -> HttpResponse:
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        given = dict(headers)
        refusal = self._refuse(scope, given, request_id)
        if refusal is None:
            body = await self._body(receive, request_id) if _has_body(given) else b""
            if isinstance(body, bytes):
                return await self._invoke(scope, headers, body, request_id)
            refusal = body
        if _has_body(given):
            await _drain(receive)
        return HttpResponse(refusal.status, [*refusal.headers, *_closing(refusal)], refusal.body)

    def _refuse(self, scope: Scope, headers: dict[str, str], request_id: str) -> HttpResponse | None:
        """What can be answered without the body; None when it must go on."""
        path: str = scope["raw_path"].decode("latin-1")
        if path == "/":
            return HttpResponse(302, [(b"location", _HOME.encode())])
        size = sum(len(name) + len(value) for name, value in scope["headers"])
        if size + len(scope["query_string"]) + len(path) > self._limits.headers:
            detail = f"Request line and headers are over {self._limits.headers} bytes."
            return problem(431, "Request header fields too large", detail, request_id)
        match = self._routes.match(path[len(_PREFIX) :] or "/") if _is_below_stage(path) else None
        if match is None:
            return problem(
                404, "Not found", f"There is nothing at {path[:200]}; the API is below {_PREFIX}.", request_id
            )
        resource = self._resources[match.resource]
        method: str = scope["method"]
        if method not in resource.methods:
            if method == "OPTIONS" and resource.cors is not None:
                return HttpResponse(
                    200, [(name.lower().encode(), value.encode()) for name, value in resource.cors.items()]
                )
            allowed = ", ".join(resource.methods)
            detail = f"{path[:200]} takes {allowed}, not {method[:20]}."
            return problem(405, "Method not allowed", detail, request_id, [(b"allow", allowed.encode())])
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self._limits.body:
            return self._too_large(request_id)
        return None

    async def _body(self, receive: Receive, request_id: str) -> bytes | HttpResponse:
        """The whole body, or the answer to one that is too long or too slow."""
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._limits.seconds):
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Gone
                    chunks.append(message.get("body", b""))
                    size += len(chunks[-1])
                    if size > self._limits.body:
                        return self._too_large(request_id)
                    more = message.get("more_body", False)
        except TimeoutError:
            detail = f"The body did not arrive within {self._limits.seconds:g} seconds."
            return problem(408, "Request timeout", detail, request_id)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _invoke(self, scope: Scope, headers: list[tuple[str, str]], body: bytes, request_id: str) -> HttpResponse:
        """Hand the request to a container, and make a response of what comes back."""
        peer: str = (scope.get("client") or ("127.0.0.1",))[0]
        given = dict(headers)
        forwarded = given.get("x-forwarded-for")
        headers += [
            ("x-forwarded-for", f"{forwarded}, {peer}" if forwarded else peer),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-port", str((scope.get("server") or ("", 80))[1])),
            ("x-amzn-trace-id", f"Root=1-{int(time.time()):08x}-{request_id.replace('-', '')[:24]}"),
        ]
        path = scope["raw_path"].decode("latin-1")[len(_PREFIX) :] or "/"
        try:
            event = api_gateway_event(
                scope["method"],
                path,
                scope["query_string"].decode("latin-1"),
                headers,
                body,
                peer,
                self._routes,
                self._binary_types,
                request_id=request_id,
                now=time.time(),
            )
            if self._is_over_payload(event):
                return self._too_large(request_id)
            returned = await self._pool.invoke(
                self._function, self._name, event, request_id=request_id, seconds=self._limits.seconds
            )
            if self._is_over_payload(returned):
                raise Malformed("over 6 MB")
            return answer.from_function(returned, given.get("accept", ""), self._binary_types)
        except NoSuchResource:
            return problem(404, "Not found", f"There is nothing at {path[:200]}.", request_id)
        except AllBusy:
            detail = "More requests are waiting than can be served. Try again in a second."
            return problem(503, "Unavailable", detail, request_id, [(b"retry-after", b"1")])
        except TooLate:
            detail = f"The service did not answer within {self._limits.seconds:g} seconds."
            return problem(504, "Gateway timeout", detail, request_id)
        except (Died, FunctionFailed, Malformed):
            detail = "The service failed to answer; its log has the reason under this request id."
            return problem(502, "Bad gateway", detail, request_id)

    def _too_large(self, request_id: str) -> HttpResponse:
        most = f"{self._limits.body} bytes, and with its headers, as JSON, {self._limits.payload}"
        detail = f"A request's body may have {most}. Send it in several requests."
        return problem(413, "Content too large", detail, request_id)

    def _is_over_payload(self, message: Any) -> bool:
        """Whether an event or an answer is longer than Lambda takes."""
        body = message.get("body") if isinstance(message, dict) else None
        if not isinstance(body, str) or len(body) * _ESCAPED < self._limits.payload:
            return False
        return len(msgspec.json.encode(message)) > self._limits.payload


def _has_body(headers: dict[str, str]) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _is_below_stage(path: str) -> bool:
    return path == _PREFIX or path.startswith(_PREFIX + "/")


def _closing(response: HttpResponse) -> list[tuple[bytes, bytes]]:
    """After a refusal that left a body unread the connection cannot be used again."""
    return [(b"connection", b"close")] if response.status in (408, 413, 431) else []


async def _drain(receive: Receive) -> None:
    """Read what the client is still sending, for a moment: closing at once would lose it the answer."""
    try:
        async with asyncio.timeout(_DRAINED_SECONDS):
            more = True
            while more:
                message = await receive()
                more = message["type"] == "http.request" and message.get("more_body", False)
    except TimeoutError:
        return
