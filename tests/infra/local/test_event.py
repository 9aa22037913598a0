"""The event for a request, as API Gateway's documentation and Chalice expect it."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from infra.local.event import NoSuchResource, api_gateway_event
from infra.local.routes import Routes

ROUTES = Routes(["/", "/metrics", "/rules/{id}", "/rules/defaults", "/rules/{id}/{part}"])
BINARY = frozenset({"application/octet-stream", "image/*"})


def event(
    method: str = "GET",
    path: str = "/metrics",
    query: str = "",
    headers: list[tuple[str, str]] | None = None,
    body: bytes = b"",
) -> dict[str, Any]:
    """An event for a request of which only what matters is given."""
    return api_gateway_event(
        method, path, query, headers or [], body, "192.0.2.1", ROUTES, BINARY, request_id="r-1", now=1_700_000_000.25
    )


@pytest.mark.parametrize(
    ("query", "single", "multiple"),
    [
        ("", None, None),
        ("a=1", {"a": "1"}, {"a": ["1"]}),
        ("a=1&b=2&a=3", {"a": "3", "b": "2"}, {"a": ["1", "3"], "b": ["2"]}),
        ("types=a%2Cb&x=1+2", {"types": "a,b", "x": "1 2"}, {"types": ["a,b"], "x": ["1 2"]}),
        ("empty=&flag", {"empty": "", "flag": ""}, {"empty": [""], "flag": [""]}),
        ("%C3%A9=%E2%82%AC", {"é": "€"}, {"é": ["€"]}),
    ],
)
def test_query_parameters_are_decoded_and_the_last_one_wins(
    query: str, single: dict[str, str] | None, multiple: dict[str, list[str]] | None
) -> None:
    made = event(query=query)

    assert made["queryStringParameters"] == single
    assert made["multiValueQueryStringParameters"] == multiple


@pytest.mark.parametrize(
    ("path", "resource", "parameters"),
    [
        ("/", "/", None),
        ("/metrics", "/metrics", None),
        ("/metrics/", "/metrics", None),
        ("/rules/17", "/rules/{id}", {"id": "17"}),
        ("/rules/defaults", "/rules/defaults", None),
        ("/rules/a%2Fb", "/rules/{id}", {"id": "a%2Fb"}),
        ("/rules/defaults/x", "/rules/{id}/{part}", {"id": "defaults", "part": "x"}),
    ],
)
def test_the_resource_is_found_and_path_parameters_stay_encoded(
    path: str, resource: str, parameters: dict[str, str] | None
) -> None:
    made = event(path=path)

    assert (made["resource"], made["requestContext"]["resourcePath"]) == (resource, resource)
    assert made["pathParameters"] == parameters
    assert (made["path"], made["requestContext"]["path"]) == (path, f"/api{path}")


@pytest.mark.parametrize("path", ["/nothing", "/rules", "/rules/", "/rules/a/b/c", "/metrics/x"])
def test_a_path_without_a_resource_is_an_error(path: str) -> None:
    with pytest.raises(NoSuchResource):
        event(path=path)


@pytest.mark.parametrize(
    ("content_type", "is_binary"),
    [
        ("application/json", False),
        ("", False),
        ("application/octet-stream", True),
        ("Application/Octet-Stream; x=y", True),
        ("image/png", True),
        ("imagery/png", False),
    ],
)
def test_a_body_is_base64_when_its_type_is_binary(content_type: str, is_binary: bool) -> None:
    sent = "ü{}".encode()

    made = event("POST", headers=[("Content-Type", content_type)], body=sent)

    assert made["isBase64Encoded"] is is_binary
    assert made["body"] == (base64.b64encode(sent).decode() if is_binary else "ü{}")


def test_bytes_that_are_no_text_are_lost_in_a_text_type_as_on_aws() -> None:
    made = event("POST", headers=[("Content-Type", "application/json")], body=b"\x1f\x8b\x08\xff")

    assert made["body"] == "\x1f\ufffd\x08\ufffd"


def test_no_body_is_none() -> None:
    assert (event()["body"], event()["isBase64Encoded"]) == (None, False)


def test_headers_are_given_singly_and_with_all_their_values() -> None:
    made = event(headers=[("Accept", "a"), ("X-Tag", "1"), ("X-Tag", "2")])

    assert made["headers"] == {"Accept": "a", "X-Tag": "2"}
    assert made["multiValueHeaders"] == {"Accept": ["a"], "X-Tag": ["1", "2"]}


def test_the_context_says_who_called_when_and_what() -> None:
    context = event("POST", headers=[("Host", "h:1"), ("User-Agent", "ua")])["requestContext"]

    assert context["identity"] == {"sourceIp": "192.0.2.1", "userAgent": "ua"}
    assert (context["requestId"], context["httpMethod"], context["stage"]) == ("r-1", "POST", "api")
    assert (context["requestTimeEpoch"], context["requestTime"]) == (1_700_000_000_250, "14/Nov/2023:22:13:20 +0000")
    assert context["domainName"] == "h:1"
