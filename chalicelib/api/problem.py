"""Every error as application/problem+json (RFC 9457); the one place where domain errors become HTTP statuses."""

from __future__ import annotations

from typing import Any

import msgspec
from chalice.app import Response

from chalicelib.api.texts import sayable
from chalicelib.domain import errors

_STATUS: dict[type[errors.ServiceError], tuple[int, str]] = {
    errors.InvalidInput: (400, "Invalid input"),
    errors.Unauthenticated: (401, "Not authenticated"),
    errors.Forbidden: (403, "Not allowed"),
    errors.NotFound: (404, "Not found"),
    errors.Conflict: (409, "Conflict"),
    errors.TooLarge: (413, "Too large"),
    errors.UnsupportedMediaType: (415, "Unsupported media type"),
    errors.Unprocessable: (422, "Unprocessable"),
    errors.TooManyRequests: (429, "Too many requests"),
    errors.Unavailable: (503, "Unavailable"),
}


def problem(error: errors.ServiceError, request_id: str) -> Response:
    """The answer for a refusal that the caller can do something about."""
    status, title = _STATUS[type(error)]
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": sayable(error.message),
    }
    if error.field is not None:
        content["field"] = sayable(error.field)
    if isinstance(error, errors.InvalidInput) and error.errors:
        content["errors"] = [field_error(each) for each in error.errors]
    if isinstance(error, errors.Conflict) and error.current is not None:
        content["current"] = error.current
    headers = {}
    if isinstance(error, errors.TooManyRequests | errors.Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return _respond(content, request_id, headers)


def internal_error(request_id: str) -> Response:
    """The answer for a fault of ours: nothing of it is shown, the request id finds it in the log."""
    detail = "An internal error occurred; the log has it under this request id."
    content = {"type": "about:blank", "title": "Internal error", "status": 500, "detail": detail}
    return _respond(content, request_id, {})


def field_error(error: errors.FieldError) -> dict[str, Any]:
    """`{"index", "field", "reason"}`; the index is left out where the body is no list."""
    shown: dict[str, Any] = {} if error.index is None else {"index": error.index}
    return shown | {"field": sayable(error.field), "reason": sayable(error.reason)}


def _respond(content: dict[str, Any], request_id: str, headers: dict[str, str]) -> Response:
    content["requestId"] = request_id
    headers["Content-Type"] = "application/problem+json"
    return Response(msgspec.json.encode(content).decode(), {**headers}, content["status"])
