"""OTLP's answers: partial success, and errors as a google.rpc.Status, each in the form of the request."""

from __future__ import annotations

from typing import Any

import msgspec
from chalice.app import Request, Response

from chalicelib.api.problem import internal_error, problem
from chalicelib.api.schemas.protobuf import to_varint
from chalicelib.api.texts import sayable
from chalicelib.domain.errors import ServiceError
from chalicelib.services.incoming import Recorded

PROTOBUF, JSON = "application/x-protobuf", "application/json"
_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 409: 10, 413: 8, 415: 3, 422: 9, 429: 8, 500: 13, 503: 14}  # of gRPC


def form_of(content_type: str) -> str:
    """A Content-Type without its parameters; protobuf is OTLP's own form, so an absent one means it."""
    return content_type.partition(";")[0].strip().lower() or PROTOBUF


def success(recorded: Recorded, form: str) -> str | bytes:
    """An ExportMetricsServiceResponse: empty when all was kept."""
    if not recorded.rejected:
        return "{}" if form == JSON else b""
    first = recorded.errors[0]
    said = sayable(f"{first.field}: {first.reason} (metric {first.index})")
    if form == JSON:
        told = {"partialSuccess": {"rejectedDataPoints": str(recorded.rejected), "errorMessage": said}}
        return msgspec.json.encode(told).decode()
    return _message(1, b"\x08" + to_varint(recorded.rejected) + _message(2, said.encode()))


def refusal(request: Request, error: ServiceError | None, request_id: str) -> Response:
    """A refusal, or a fault of ours (None), with the status and the headers that it has everywhere."""
    told = internal_error(request_id) if error is None else problem(error, request_id)
    code = _CODES.get(told.status_code, 2)
    said: str = msgspec.json.decode(told.body)["detail"]
    headers: dict[str, Any] = {**told.headers}
    if form_of(request.headers.get("content-type", "")) == JSON:
        headers["Content-Type"] = JSON
        return Response(msgspec.json.encode({"code": code, "message": said}).decode(), headers, told.status_code)
    headers["Content-Type"] = PROTOBUF
    return Response(b"\x08" + to_varint(code) + _message(2, said.encode()), headers, told.status_code)


def _message(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + to_varint(len(content)) + content
