"""An HTTP request as the event that API Gateway (REST, Lambda proxy integration) hands to a function; pure."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from infra.local.routes import Routes

STAGE = "api"
_ACCOUNT, _API = "123456789012", "local"


class NoSuchResource(Exception):
    """The API has no resource for the path."""


def api_gateway_event(
    method: str,
    path: str,
    query: str,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    source_ip: str,
    routes: Routes,
    binary_types: Collection[str],
    *,
    request_id: str,
    now: float,
) -> dict[str, Any]:
    """The event for a request.

    `path` is what comes after the stage, still URL-encoded as it was sent, and so stay the path parameters; `query` is
    the raw query string, whose parameters are decoded. Header names are kept as given; of a repeated header or
    parameter the last value stands in the single-value map. A body whose Content-Type is one of `binary_types` is
    base64; any other is read as UTF-8, and what is not UTF-8 in it is lost: so a compressed body needs a binary type.
    `now` is epoch seconds. Raises NoSuchResource.
    """
    match = routes.match(path)
    if match is None:
        raise NoSuchResource(path)
    single: dict[str, str] = {}
    multiple: dict[str, list[str]] = {}
    for name, value in headers:
        single[name] = value
        multiple.setdefault(name, []).append(value)
    parameters: dict[str, list[str]] = {}
    if query:
        for name, value in parse_qsl(query, keep_blank_values=True):
            parameters.setdefault(name, []).append(value)
    is_binary = bool(body) and is_binary_type(_header(single, "content-type"), binary_types)
    return {
        "resource": match.resource,
        "path": path,
        "httpMethod": method,
        "headers": single,
        "multiValueHeaders": multiple,
        "queryStringParameters": {name: values[-1] for name, values in parameters.items()} or None,
        "multiValueQueryStringParameters": parameters or None,
        "pathParameters": match.parameters,
        "stageVariables": None,
        "requestContext": {
            "accountId": _ACCOUNT,
            "apiId": _API,
            "resourceId": match.resource,
            "resourcePath": match.resource,
            "httpMethod": method,
            "path": f"/{STAGE}{path}",
            "stage": STAGE,
            "protocol": "HTTP/1.1",
            "domainName": _header(single, "host"),
            "requestId": request_id,
            "extendedRequestId": request_id,
            "requestTime": _clf(int(now)),
            "requestTimeEpoch": int(now * 1000),
            "identity": {"sourceIp": source_ip, "userAgent": _header(single, "user-agent")},
        },
        "body": _text(body, is_binary),
        "isBase64Encoded": is_binary,
    }


def is_binary_type(content_type: str, binary_types: Collection[str]) -> bool:
    """Whether a media type is one of the API's binary ones; `*/*` and `image/*` stand for all they cover."""
    if not content_type:
        return False
    essence = content_type.partition(";")[0].strip().lower()
    family = essence.partition("/")[0]
    return essence in binary_types or f"{family}/*" in binary_types or "*/*" in binary_types


@lru_cache(maxsize=2)
def _clf(now: int) -> str:
    """The time as web servers log it: the same for all requests of a second."""
    return datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


def _header(headers: dict[str, str], name: str) -> str:
    found = headers.get(name)
    if found is not None:
        return found
    return next((value for given, value in headers.items() if given.lower() == name), "")


def _text(body: bytes, is_binary: bool) -> str | None:
    if not body:
        return None
    return base64.b64encode(body).decode("ascii") if is_binary else body.decode(errors="replace")
