"""Packed answers: for callers who take bytes, in a form that API Gateway makes bytes of; nobody else notices."""

from __future__ import annotations

import base64
import gzip
from types import SimpleNamespace
from typing import Any

import pytest
from chalice.app import CaseInsensitiveMapping, Response

from chalicelib.api.packing import TAKES_BYTES, pack

LONG = "€" * 2_000
BYTES = f"{TAKES_BYTES}, application/json"


def request(**headers: str) -> Any:
    """As much of a request as is looked at."""
    return SimpleNamespace(headers=CaseInsensitiveMapping({k.replace("_", "-"): v for k, v in headers.items()}))


def test_a_long_answer_is_packed_and_keeps_its_type_and_status() -> None:
    answer = Response(LONG, {"Content-Type": "application/json", "Vary": "Accept"}, 201)
    shown = pack(request(accept=BYTES, accept_encoding="gzip, deflate, br"), answer).to_dict([TAKES_BYTES])
    assert gzip.decompress(base64.b64decode(shown["body"])).decode() == LONG
    assert (shown["statusCode"], shown["isBase64Encoded"]) == (201, True)
    assert shown["headers"] == {
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
        "Vary": "Accept, Accept-Encoding",
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"accept_encoding": "gzip"},
        {"accept": "*/*", "accept_encoding": "gzip"},
        {"accept": f"application/json, {TAKES_BYTES}", "accept_encoding": "gzip"},
        {"accept": BYTES},
        {"accept": BYTES, "accept_encoding": "br, gzip;q=0"},
    ],
)
def test_who_does_not_take_it_gets_the_answer_as_it_is(headers: dict[str, str]) -> None:
    answer = Response(LONG, {})
    assert pack(request(**headers), answer) is answer


@pytest.mark.parametrize("body", ["short", b"\x00" * 2_000, ""])
def test_what_is_short_or_not_text_stays_as_it_is(body: str | bytes) -> None:
    answer = Response(body, {})
    assert pack(request(accept=BYTES, accept_encoding="gzip"), answer) is answer


def test_the_type_is_one_that_api_gateway_makes_bytes_for() -> None:
    import app

    assert TAKES_BYTES in app.app.api.binary_types
