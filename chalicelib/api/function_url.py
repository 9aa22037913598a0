"""A Lambda Function URL's event (payload 2.0) as the one that API Gateway hands over: a cheaper road for recording.

Only the routes that ask for the scope `ingest` are on it, so that a slow query never stands in front of a sample.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import parse_qsl

import msgspec
from chalice.app import Chalice

from chalicelib.domain.scopes import Scope

STAGE = "/api"  # API Gateway's stage is not part of the path there; here callers send it, or leave it out


def recording_routes(app: Chalice) -> frozenset[tuple[str, str]]:
    """(method, path) of the routes that record."""
    return frozenset(
        (method, path)
        for path, methods in app.routes.items()
        for method, entry in methods.items()
        if getattr(getattr(entry.view_function, "route", None), "scope", None) is Scope.INGEST
    )


def answer(app: Chalice, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What the app answers to a Function URL's event; 404 for anything that does not record."""
    http = event["requestContext"]["http"]
    path = event["rawPath"].removeprefix(STAGE).rstrip("/")
    if (http["method"], path) not in recording_routes(app):
        return _not_here(event["requestContext"].get("requestId", ""))
    handle = cast("Callable[[dict[str, Any], Any], dict[str, Any]]", app)
    return handle(proxy_event(event, path), context)


def proxy_event(event: dict[str, Any], path: str) -> dict[str, Any]:
    """API Gateway's event for the same request. `path` is the route's; no route that records has parameters in it."""
    asked = event["requestContext"]
    method = asked["http"]["method"]
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(event.get("rawQueryString", ""), keep_blank_values=True):
        query.setdefault(name, []).append(value)
    headers = event.get("headers", {})
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": path,
            "httpMethod": method,
            "requestId": asked.get("requestId", ""),
            "stage": "api",
            "domainName": asked.get("domainName", ""),
            "identity": {"sourceIp": asked["http"].get("sourceIp", "")},
        },
        "body": event.get("body"),
        "isBase64Encoded": event.get("isBase64Encoded", False),
    }


def _not_here(request_id: str) -> dict[str, Any]:
    content = {
        "type": "about:blank",
        "title": "Not found",
        "status": 404,
        "detail": "Only recording is served at this address; for everything else use the API's.",
        "requestId": request_id,
    }
    return {
        "statusCode": 404,
        "headers": {"Content-Type": "application/problem+json"},
        "body": msgspec.json.encode(content).decode(),
        "isBase64Encoded": False,
    }
