"""Calls the API as API Gateway does: through the Lambda handler, with a proxy event."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.described import check

# The first example of the specification, as written there.
SPEC_METRIC = {
    "metricType": "response_time",
    "value": 250,
    "unit": "ms",
    "tags": {"endpoint": "/api/projects", "method": "GET"},
    "timestamp": "2024-01-15T10:30:00.000Z",
}


@dataclass(frozen=True)
class Reply:
    """What came back; `body` is decoded JSON, the text where it is none, None when it is empty."""

    status: int
    body: Any
    headers: dict[str, str]


class Api:
    """The service at its Lambda handler, with somebody's token."""

    def __init__(self, token: str | None, *, address: str = "127.0.0.1") -> None:
        self.token = token
        self.address = address

    def post(self, path: str, body: Any = None, **headers: str) -> Reply:
        """POST an object as JSON, or text and bytes as they are; `Content_Type="…"` sets a header."""
        return self.call("POST", path, body, headers=headers)

    def get(self, path: str, **query: str) -> Reply:
        """GET with query parameters; a trailing underscore is taken off a name: from_."""
        return self.call("GET", path, query={name.rstrip("_"): value for name, value in query.items()})

    def delete(self, path: str, **query: str) -> Reply:
        """DELETE with query parameters."""
        return self.call("DELETE", path, query=query)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """One request; its answer decoded."""
        reply = self.raw(method, path, body, query=query, headers=headers)
        text = reply["body"]
        is_json = "json" in reply["headers"].get("Content-Type", "json")
        return Reply(reply["statusCode"], json.loads(text) if text and is_json else text or None, reply["headers"])

    def raw(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """One request; what the function answers to API Gateway."""
        import app

        resource, parameters = _match(app.app.routes, path)
        sent = {"Content-Type": "application/json", "Accept": "*/*"}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        sent |= {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        given = body
        is_binary = isinstance(body, bytes)
        if is_binary:
            body = base64.b64encode(body).decode()
        elif body is not None and not isinstance(body, str):
            body = json.dumps(body)
        reply: dict[str, Any] = app.app(
            {
                "resource": resource,
                "path": path,
                "httpMethod": method,
                "headers": sent,
                "multiValueHeaders": {name: [value] for name, value in sent.items()},
                "queryStringParameters": query or None,
                "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()} or None,
                "pathParameters": parameters or None,
                "stageVariables": None,
                "requestContext": {
                    "resourcePath": resource,
                    "httpMethod": method,
                    "requestId": "request-1",
                    "stage": "api",
                    "identity": {"sourceIp": self.address},
                },
                "body": body,
                "isBase64Encoded": is_binary,
            },
            None,
        )
        decoded = None if isinstance(given, str | bytes) else given
        check(method, resource, decoded, reply["statusCode"], reply["headers"], reply["body"])
        return reply


def _match(routes: dict[str, Any], path: str) -> tuple[str, dict[str, str]]:
    """The route that a path belongs to, and its parameters, encoded as API Gateway leaves them."""
    if path in routes:
        return path, {}
    parts = path.split("/")
    for route in routes:
        names = route.split("/")
        if len(names) == len(parts) and all(n.startswith("{") or n == p for n, p in zip(names, parts, strict=True)):
            return route, {n[1:-1]: quote(p) for n, p in zip(names, parts, strict=True) if n.startswith("{")}
    raise LookupError(path)
