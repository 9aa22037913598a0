"""Recording over a Function URL is the same recording: tokens, compression, errors; nothing else is served there."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

import app
from tests.call import SPEC_METRIC, Api
from tests.function_url import function_url_event

PATH = "/api/monitoring/metrics"


@pytest.fixture
def token(stack: None) -> str:
    """An administrator's token."""
    minted: str = app.mint_token({"name": "test", "scopes": ["admin"]}, None)["token"]
    return minted


def send(method: str, path: str, body: bytes = b"", *, query: str = "", **headers: str) -> tuple[int, Any]:
    """Status and decoded body of what the ingest function answers."""
    answer = app.ingest(function_url_event(method, path, body, query=query, **headers), None)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.mark.parametrize("path", [PATH, "/monitoring/metrics", f"{PATH}/"])
def test_a_metric_is_recorded_with_or_without_the_stage_in_the_path(token: str, path: str) -> None:
    status, body = send("POST", path, json.dumps(SPEC_METRIC).encode(), Authorization=f"Bearer {token}")

    assert (status, body) == (202, {"accepted": 1, "rejected": 0})
    live = Api(token).get("/monitoring/metrics/realtime", types="response_time")
    assert live.body == {"response_time": [SPEC_METRIC]}


def test_a_compressed_body_comes_through(token: str) -> None:
    packed = gzip.compress(json.dumps({"metrics": [SPEC_METRIC, SPEC_METRIC | {"value": 1}]}).encode())
    given = {"Authorization": f"Bearer {token}", "Content_Type": "application/gzip"}

    assert send("POST", PATH, packed, **given) == (202, {"accepted": 2, "rejected": 0})


def test_an_idempotency_key_counts_on_both_roads_together(token: str) -> None:
    body = json.dumps(SPEC_METRIC).encode()

    first = send("POST", PATH, body, Authorization=f"Bearer {token}", Idempotency_Key="k1")
    again = Api(token).post("/monitoring/metrics", body.decode(), Idempotency_Key="k1")

    assert first[0] == again.status == 202
    live = Api(token).get("/monitoring/metrics/realtime", types="response_time").body
    assert len(live["response_time"]) == 1


def test_refusals_are_the_same_as_behind_api_gateway(token: str) -> None:
    assert send("POST", PATH, b"{}")[0] == 401
    status, problem = send("POST", PATH, b'{"metricType": 1}', Authorization=f"Bearer {token}")
    assert (status, problem["requestId"]) == (400, "request-1")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/monitoring/metrics/query"),
        ("GET", PATH),
        ("DELETE", "/api/monitoring/tokens/tok_1"),
        ("POST", "/api/monitoring/tokens"),
        ("POST", "/"),
    ],
)
def test_nothing_but_recording_is_served(token: str, method: str, path: str) -> None:
    status, problem = send(method, path, Authorization=f"Bearer {token}")
    assert status == 404
    assert "Only recording is served" in problem["detail"]
