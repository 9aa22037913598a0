"""OTLP's clients learn from the status and Retry-After whether to send again."""

from __future__ import annotations

import json

import pytest
from chalice.app import Request

from chalicelib.api.otlp_answers import refusal
from chalicelib.domain.errors import InvalidInput, ServiceError, TooManyRequests, Unavailable

JSON, PROTOBUF = "application/json; charset=utf-8", "application/x-protobuf"


def asked(content_type: str) -> Request:
    """A request with a body of this type."""
    absent = ("pathParameters", "body", "isBase64Encoded", "stageVariables", "multiValueQueryStringParameters")
    context = {"httpMethod": "POST", "resourcePath": "/otlp/v1/metrics"}
    return Request({"headers": {"content-type": content_type}, "requestContext": context, **dict.fromkeys(absent)})


@pytest.mark.parametrize(
    ("error", "status", "code", "waits"),
    [
        (Unavailable("down", retry_after=7), 503, 14, "7"),
        (TooManyRequests("slowly", retry_after=3), 429, 8, "3"),
        (InvalidInput("x: is wrong", field="x"), 400, 3, None),
        (None, 500, 13, None),
    ],
    ids=["unavailable", "too many", "invalid", "our fault"],
)
def test_a_refusal_has_its_usual_status_and_a_body_in_the_form_of_the_request(
    error: ServiceError | None, status: int, code: int, waits: str | None
) -> None:
    in_json, in_protobuf = (refusal(asked(form), error, "request-1") for form in (JSON, PROTOBUF))

    for told, form in ((in_json, "application/json"), (in_protobuf, PROTOBUF)):
        assert (told.status_code, told.headers["Content-Type"]) == (status, form)
        assert told.headers.get("Retry-After") == waits
    message = json.loads(in_json.body)["message"]
    assert json.loads(in_json.body)["code"] == code
    assert in_protobuf.body == bytes([8, code, 0x12, len(message)]) + message.encode()
