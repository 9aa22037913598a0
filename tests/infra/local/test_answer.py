"""What a function returns as an HTTP response."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.answer import Malformed, from_function


def test_status_headers_and_text_are_passed_on() -> None:
    response = from_function({"statusCode": 201, "headers": {"X-A": "1"}, "body": "é"}, "", ())

    assert (response.status, response.body) == (201, "é".encode())
    assert response.headers == [(b"x-a", b"1"), (b"content-type", b"application/json")]


def test_a_header_with_several_values_is_sent_several_times() -> None:
    returned = {"statusCode": 200, "headers": {"Content-Type": "a/b"}, "multiValueHeaders": {"Set-Cookie": ["a", "b"]}}

    headers = from_function(returned, "", ()).headers

    assert headers == [(b"content-type", b"a/b"), (b"set-cookie", b"a"), (b"set-cookie", b"b")]


@pytest.mark.parametrize(
    ("accept", "body"),
    [("image/png", b"\xff"), ("image/png;q=1, */*", b"\xff"), ("*/*, image/png", b"/w=="), ("", b"/w==")],
)
def test_base64_becomes_bytes_when_the_first_accepted_type_is_binary(accept: str, body: bytes) -> None:
    returned = {"statusCode": 200, "body": "/w==", "isBase64Encoded": True}

    assert from_function(returned, accept, {"image/png"}).body == body


@pytest.mark.parametrize(
    "returned",
    [
        None,
        "text",
        {},
        {"statusCode": "many"},
        {"statusCode": 200, "body": {"not": "text"}},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"X": "a\r\nSet-Cookie: b"}},
        {"statusCode": 200, "body": "?", "isBase64Encoded": True},
    ],
)
def test_what_is_no_response_is_refused(returned: Any) -> None:
    with pytest.raises(Malformed):
        from_function(returned, "image/png", {"image/png"})
