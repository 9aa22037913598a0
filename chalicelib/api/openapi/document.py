"""The OpenAPI document: routes as they are registered, with what the areas say of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from chalicelib.api.endpoint import Route
from chalicelib.api.openapi import alerts, channels, metrics, reports, rules, service, shared, silences, trials
from chalicelib.api.openapi.examples import EXAMPLES
from chalicelib.api.openapi.schema import Operation, Schema, ref, text, whole

_AREAS = {
    "Metrics": metrics,
    "Alert rules": rules,
    "Trying rules": trials,
    "Alerts": alerts,
    "Silences": silences,
    "Channels and targets": channels,
    "Reports": reports,
    "Service": service,
}
VERSION = "1"  # of the API, not of the program: it changes when something is taken away
_PROBLEM = {"application/problem+json": {"schema": ref("Problem")}}
_ERRORS = {
    400: "A field is wrong; `field` and `errors` say which",
    401: "No token, or one that is unknown, revoked or expired",
    403: "The token lacks the scope, or the signature is wrong",
    404: "There is none by this id",
    409: "Not possible in its present state, or changed since the version in If-Match",
    413: "The body is too large",
    415: "The body is not of a type that is read here",
    431: "The address and the headers together are over 10 kB",
    422: "The Idempotency-Key came with another body before",
    429: "Too many requests from here; nothing was kept. See Retry-After",
    500: "A fault of the service; the log has it under `requestId`",
    503: "A dependency is away; nothing was kept. See Retry-After",
}
_RETRY = {"Retry-After": {"schema": whole("Seconds")}}


def build_document(routes: Iterable[Route], server: str) -> dict[str, Any]:
    """The document of these routes. Raises KeyError for a route that no area describes."""
    paths: dict[str, dict[str, Any]] = {}
    for route in sorted(routes, key=lambda each: (each.path, each.method)):
        area = next(name for name, each in _AREAS.items() if _key(route) in each.OPERATIONS)
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, area)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Performance Monitoring Service",
            "version": VERSION,
            "description": "Metrics in, alerts and reports out. Errors are RFC 9457 problems. Lists come in pages: "
            "`next` is the `after` of the next call. New fields may be added to answers at any time.",
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server}],
        "tags": [{"name": name, "description": (area.__doc__ or "").strip()} for name, area in _AREAS.items()],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "responses": {f"Error{status}": _error(status, {}) for status in _ERRORS},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A token with the scope of the route"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "perfmon_session",
                    "description": "Of a login; changes also need the header X-Requested-With",
                },
            },
        },
    }


def schemas() -> dict[str, Schema]:
    """Every schema that has a name."""
    found: dict[str, Schema] = {}
    for area in (shared, *_AREAS.values()):
        for name, schema in area.SCHEMAS.items():
            inner = schema.get("$defs", {})
            found |= {name: {key: value for key, value in schema.items() if key != "$defs"}} | inner
    return dict(sorted(found.items()))


def described() -> dict[str, Operation]:
    """What the areas say of each route, by method and path."""
    return dict(chain.from_iterable(area.OPERATIONS.items() for area in _AREAS.values()))


def _operation(route: Route, area: str) -> dict[str, Any]:
    said = described()[_key(route)]
    shown: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()}{route.path}").strip("_"),
        "summary": route.summary.rstrip("."),
        "tags": [area],
        "parameters": [*_path_parameters(route), *_query_parameters(route, said), *_headers(route, said)],
        "responses": _answers(route, said),
        "security": [] if route.scope is None else [{"token": []}, {"session": []}],
    }
    scope = "Open to everybody." if route.scope is None else f"Scope `{route.scope}`."
    shown["description"] = " ".join(filter(None, (scope, said.notes)))
    if route.scope is not None:
        shown["x-scope"] = str(route.scope)
    if media := _body_media(route, said):
        body = said.body or {}
        body = schemas()[body["$ref"].rpartition("/")[2]] if "$ref" in body else body
        is_needed = "required" in body or "anyOf" in body or said.body is None
        shown["requestBody"] = {"required": is_needed, "content": media}
    return shown


def _answers(route: Route, said: Operation) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for status, schema in said.answers.items():
        content = {} if schema is None else {"application/json": {"schema": schema}}
        if schema is None or status == 200:
            content |= {media: {"schema": each} for media, each in said.answer_media.items()}
        answers[str(status)] = {"description": _told(status)} | ({"content": content} if content else {})
        if said.is_versioned and status < 204:
            answers[str(status)]["headers"] = {"ETag": {"schema": text("Its version")}}
    for status in sorted(_statuses(route, said)):
        if str(status) not in answers:
            shared_answer = {"$ref": f"#/components/responses/Error{status}"}
            answers[str(status)] = _error(status, said.error_media) if said.error_media else shared_answer
    return answers


def _error(status: int, media: Mapping[str, Schema]) -> dict[str, Any]:
    content = _PROBLEM | {name: {"schema": schema} for name, schema in media.items()}
    shown: dict[str, Any] = {"description": _ERRORS[status], "content": content}
    return shown | ({"headers": _RETRY} if status in (429, 503) else {})


def _statuses(route: Route, said: Operation) -> set[int]:
    """The errors that can come: what every route has, and what this one's form brings with it."""
    found = {400, 431, 500, 503, *said.errors}
    if route.scope is not None:
        found |= {401, 403, 429}
    if said.body is not None or said.body_media:
        found |= {413, 415}
    return found


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = re.findall(r"\{(\w+)\}", route.path)
    return [{"name": name, "in": "path", "required": True, "schema": text()} for name in names]


def _query_parameters(route: Route, said: Operation) -> list[dict[str, Any]]:
    known: Mapping[str, Schema] = shared.PARAMETERS | dict(said.parameters)
    return [
        {"name": name, "in": "query", "required": name in said.required, "schema": known[name]}
        for name in route.query or ()
    ]


def _headers(route: Route, said: Operation) -> list[dict[str, Any]]:
    if _key(route) == "POST /monitoring/metrics":
        key = text("A repeated request with the same key counts once within two hours", maxLength=255)
        return [{"name": "Idempotency-Key", "in": "header", "required": False, "schema": key}]
    if said.is_versioned and route.method in ("PUT", "PATCH", "DELETE", "POST") and 201 not in said.answers:
        version = text('The ETag of what was read, like "3": 409 if it has changed since')
        return [{"name": "If-Match", "in": "header", "required": False, "schema": version}]
    return []


def _body_media(route: Route, said: Operation) -> dict[str, Any]:
    example = {"example": EXAMPLES[_key(route)]} if _key(route) in EXAMPLES else {}
    json = {} if said.body is None else {"application/json": {"schema": said.body, **example}}
    return json | {media: {"schema": schema} for media, schema in said.body_media.items()}


def _told(status: int) -> str:
    return {200: "Done", 201: "Created", 202: "Accepted", 204: "Done; nothing to say", 503: "Not ready"}[status]


def _key(route: Route) -> str:
    return f"{route.method} {route.path}"
