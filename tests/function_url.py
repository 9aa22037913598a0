"""Requests as a Lambda Function URL hands them to its function: payload 2.0, header names in lower case."""

from __future__ import annotations

import base64
from typing import Any


def function_url_event(method: str, path: str, body: bytes = b"", *, query: str = "", **headers: str) -> dict[str, Any]:
    """The event; a body that is not text is base64, as Lambda makes it."""
    try:
        text, is_base64 = body.decode(), False
    except UnicodeDecodeError:
        text, is_base64 = base64.b64encode(body).decode(), True
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "abc.lambda-url.eu-central-1.on.aws"}
        | {name.replace("_", "-").lower(): value for name, value in headers.items()},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "abc",
            "domainName": "abc.lambda-url.eu-central-1.on.aws",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
                "userAgent": "test",
            },
            "requestId": "request-1",
            "routeKey": "$default",
            "stage": "$default",
            "timeEpoch": 1_700_000_000_000,
        },
        "isBase64Encoded": is_base64,
    }
    return event | ({"body": text} if body else {})
