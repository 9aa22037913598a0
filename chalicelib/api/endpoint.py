"""What every route shares: it declares a scope, is authenticated, and answers errors as problem+json."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import msgspec
from chalice.app import Blueprint, CaseInsensitiveMapping, CORSConfig, Response
from chalice.app import Request as ChaliceRequest

from chalicelib import settings, wiring
from chalicelib.api.packing import pack
from chalicelib.api.problem import internal_error, problem
from chalicelib.api.request import Request, address_of
from chalicelib.api.texts import storable
from chalicelib.domain.errors import Forbidden, InvalidInput, ServiceError
from chalicelib.domain.scopes import Scope
from chalicelib.domain.tokens import Grant

_log = logging.getLogger(__name__)
SESSION_COOKIE = "perfmon_session"
CSRF_HEADER = "X-Requested-With"
_JSON = {"Content-Type": "application/json"}
_FOR_ONE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@dataclass(slots=True)
class Answer:
    """What a view answers: `body` is anything JSON can hold; None = an empty body.

    A text or bytes that come with a Content-Type of their own are answered as they are.
    """

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """What a route declares of itself; `scope` None = open to everybody."""

    method: str
    path: str
    scope: Scope | None
    summary: str
    query: tuple[str, ...] | None  # the parameters it knows; None = it does not mind any


View = Callable[..., Answer]
Refusal = Callable[[ChaliceRequest, ServiceError | None, str], Response]


class Resource(Blueprint):
    """A blueprint whose routes each declare their scope."""

    def endpoint(
        self,
        method: str,
        path: str,
        *,
        scope: Scope | None,
        query: tuple[str, ...] | None = (),
        refusal: Refusal | None = None,
    ) -> Callable[[View], View]:
        """Serve `path` with a view that takes the Request and the decoded path parameters by name.

        `query` names the parameters it knows, all others are refused; None lets any pass. `refusal` answers errors
        where a protocol of others has a form for them; else they are problem+json.
        """
        refuse = refusal or _refuse

        def register(view: View) -> View:
            def handle(**parameters: str) -> Response:
                raw = self.current_request
                now = time.time_ns() // 1_000_000
                try:
                    grant = None if scope is None else _authenticate(raw, scope, now)
                    if query is not None and raw.query_params:
                        _refuse_unknown(raw.query_params, query)
                    request = Request(raw, grant, now)
                    named = {name: storable(name, unquote(value)) for name, value in parameters.items()}
                    answer = view(request, **named)
                    response = _respond(answer)
                except ServiceError as error:
                    response = refuse(raw, error, _request_id(raw))
                except Exception:  # noqa: BLE001 -- the edge: logged, and answered without details
                    _log.exception("request failed", extra={"request": _request_id(raw), "route": f"{method} {path}"})
                    response = refuse(raw, None, _request_id(raw))
                if scope not in (None, Scope.INGEST):
                    # For whoever asked: not for caches on the way, nor for who uses the browser after a log-out.
                    response.headers = {**_FOR_ONE, **response.headers}
                if isinstance(response.body, bytes):
                    # Chalice refuses a binary answer to a caller whose Accept does not name it, or who sends none.
                    raw.headers = CaseInsensitiveMapping({**raw.headers, "accept": "*/*"})
                return pack(raw, response)

            summary = (view.__doc__ or "").partition("\n")[0]
            handle.route = Route(method, path, scope, summary, query)  # type: ignore[attr-defined]  # read by the law tests
            name = view.__name__
            self.route(path, methods=[method], content_types=["*/*"], cors=_cors(), name=name)(handle)
            return view

        return register


def _refuse_unknown(given: Iterable[str], known: tuple[str, ...]) -> None:
    """A misspelt parameter is an error, not a silently different answer."""
    for name in given:
        if name not in known:
            listed = f"known are {', '.join(known)}" if known else "there are none"
            raise InvalidInput(f"{name[:64]}: is not a parameter of this call; {listed}.", field=name[:64])


def _respond(answer: Answer) -> Response:
    if answer.body is None:
        return Response("", {**answer.headers}, answer.status)
    if isinstance(answer.body, str | bytes) and "Content-Type" in answer.headers:
        return Response(answer.body, {**answer.headers}, answer.status)
    return Response(msgspec.json.encode(answer.body).decode(), {**_JSON, **answer.headers}, answer.status)


def _refuse(_: ChaliceRequest, error: ServiceError | None, request_id: str) -> Response:
    return internal_error(request_id) if error is None else problem(error, request_id)


def _authenticate(raw: ChaliceRequest, scope: Scope, now: int) -> Grant:
    given: str = raw.headers.get("authorization", "")
    if not given and (cookie := _session(raw.headers.get("cookie", ""))):
        # A page of another origin can make a browser send the cookie, but not this header.
        if raw.method not in ("GET", "HEAD") and not raw.headers.get(CSRF_HEADER):
            raise Forbidden(f"A change by session needs the header {CSRF_HEADER}.")
        given = f"Bearer {cookie}"
    return wiring.authenticate().check(given, scope, address=address_of(raw), now=now)


def _session(cookies: str) -> str:
    """The session among the cookies of a request, or ''."""
    for pair in cookies.split(";"):
        name, _, value = pair.strip().partition("=")
        if name == SESSION_COOKIE:
            return value
    return ""


def _request_id(raw: ChaliceRequest) -> str:
    request_id: str = raw.context.get("requestId", "")
    return request_id


def _cors() -> CORSConfig | None:
    origin = settings.current().cors_origin
    if not origin:
        return None
    return CORSConfig(
        allow_origin=origin, allow_headers=["Authorization", "Content-Encoding", "Idempotency-Key"], max_age=600
    )
