"""The gateway over real HTTP: what a caller sees, also when the caller or the container behaves badly."""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from infra.local.gateway import Limits
from tests.infra.local.eventually import eventually
from tests.infra.local.running_gateway import RunningGateway


@pytest.fixture(scope="module")
def gateway() -> Iterator[RunningGateway]:
    """One gateway for the tests that leave it as it was."""
    with RunningGateway() as running:
        yield running


def test_a_request_reaches_the_app_as_an_event_and_the_answer_comes_back(gateway: RunningGateway) -> None:
    reply = gateway.call("POST", "/api/echo?a=1&a=2", b'{"x": 1}', Content_Type="application/json")

    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    event = reply.json["event"]
    assert (event["path"], event["body"], event["isBase64Encoded"]) == ("/echo", '{"x": 1}', False)
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"]}
    assert event["requestContext"]["requestId"] == reply.headers["x-amzn-requestid"]
    assert reply.json["context"]["request_id"] == reply.headers["x-amzn-requestid"]
    assert 50_000 < reply.json["context"]["remaining"] <= 60_000


def test_a_connection_serves_many_requests(gateway: RunningGateway) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
    with contextlib.closing(connection):
        first = gateway.call_on(connection, "GET", "/api/echo")
        kept = connection.sock
        replies = [gateway.call_on(connection, "GET", "/api/echo") for _ in range(20)]

        assert connection.sock is kept
    assert {reply.status for reply in [first, *replies]} == {200}
    assert len({reply.headers["x-amzn-requestid"] for reply in replies}) == 20


def test_a_container_serves_one_request_at_a_time_and_the_rest_wait(gateway: RunningGateway) -> None:
    with ThreadPoolExecutor(6) as callers:
        replies = list(callers.map(lambda _: gateway.get("/api/sleep/100").json, range(6)))

    by_container: dict[int, list[tuple[int, int]]] = {}
    for reply in replies:
        by_container.setdefault(reply["pid"], []).append((reply["from"], reply["to"]))
    assert len(by_container) == 2
    for spans in by_container.values():
        spans.sort()
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(spans))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/api/nothing", 404),
        ("GET", "/apiecho", 404),
        ("GET", "/api/things//parts/x", 404),
        ("DELETE", "/api/echo", 405),
        ("OPTIONS", "/api/things/a/parts/b", 405),
        ("GET", "/api/crash", 502),
        ("GET", "/api/unserialisable", 502),
        ("GET", "/api/large/7", 502),
        ("GET", "/api/echo?" + "q" * 10_240, 431),
    ],
)
def test_what_the_gateway_refuses_is_told_as_problem_json(
    gateway: RunningGateway, method: str, path: str, status: int
) -> None:
    reply = gateway.call(method, path)

    assert reply.status == status
    assert reply.is_problem


def test_a_wrong_method_is_told_which_are_right(gateway: RunningGateway) -> None:
    assert gateway.call("DELETE", "/api/echo").headers["allow"] == "GET, POST, PUT"


def test_the_root_leads_to_the_dashboard(gateway: RunningGateway) -> None:
    reply = gateway.get("/")

    assert (reply.status, reply.headers["location"]) == (302, "/api/dashboard")


def test_a_preflight_is_answered_for_a_route_with_cors(gateway: RunningGateway) -> None:
    reply = gateway.call("OPTIONS", "/api/echo")

    assert reply.status == 200
    assert reply.headers["access-control-allow-origin"] == "https://a.example"
    assert reply.headers["access-control-allow-methods"] == "GET,POST,PUT,OPTIONS"


def test_path_parameters_stay_url_encoded(gateway: RunningGateway) -> None:
    assert gateway.get("/api/things/a%2Fb/parts/%C3%A9/").json == {"name": "a%2Fb", "part": "%C3%A9"}


def test_bytes_travel_unharmed_in_a_binary_type(gateway: RunningGateway) -> None:
    sent = bytes(range(256)) * 100

    reply = gateway.call("POST", "/api/echo", sent, Content_Type="application/octet-stream")

    assert base64.b64decode(reply.json["event"]["body"]) == sent
    assert reply.json["length"] == len(sent)


def test_bytes_come_back_to_who_accepts_their_type_first(gateway: RunningGateway) -> None:
    picture = b"\x89PNG\xff\x00"

    assert gateway.get("/api/picture", Accept="application/octet-stream").body == picture
    assert gateway.get("/api/picture", Accept="text/html, application/octet-stream").body == base64.b64encode(picture)


@pytest.mark.parametrize("expect", [{}, {"Expect": "100-continue"}])
def test_a_body_over_ten_megabytes_is_refused_and_the_caller_reads_why(
    gateway: RunningGateway, expect: dict[str, str]
) -> None:
    reply = gateway.call("POST", "/api/echo", b"x" * (10 * 1024 * 1024 + 1), Content_Type="text/plain", **expect)

    assert reply.status == 413
    assert reply.is_problem


def test_a_body_over_lambdas_six_megabytes_is_refused(gateway: RunningGateway) -> None:
    quotes = b'"' * 3_500_000  # each is two characters in the event

    assert gateway.call("POST", "/api/echo", quotes, Content_Type="text/plain").status == 413
    assert gateway.call("POST", "/api/sleep/0", b"x" * 5_000_000, Content_Type="text/plain").status == 405
    assert gateway.call("PUT", "/api/echo", b"x" * 2_900_000, Content_Type="text/plain").status == 200


def test_a_body_in_chunks_without_a_length_is_counted_too() -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 1000

    with RunningGateway(containers=1, limits=Limits(body=20_000)) as gateway:
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
        with contextlib.closing(connection):
            connection.request("POST", "/api/echo", endless(), {"Content-Type": "text/plain"}, encode_chunked=True)
            assert connection.getresponse().status == 413


def test_a_killed_container_is_an_error_for_its_request_and_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = tmp_path / "notes"
    monkeypatch.setenv("SAMPLE_NOTES", str(notes))
    with RunningGateway(containers=1) as gateway, ThreadPoolExecutor(1) as caller:
        (container,) = gateway.container_pids
        waiting = caller.submit(gateway.get, "/api/sleep/60000")
        eventually(notes.exists)

        os.kill(container, signal.SIGKILL)

        reply = waiting.result(20)
        assert (reply.status, reply.is_problem) == (502, True)
        after = gateway.get("/api/echo")
        assert after.status == 200
        assert after.json["pid"] != container


def test_no_answer_in_time_is_a_504_and_the_next_request_is_served() -> None:
    with RunningGateway(containers=2, limits=Limits(seconds=0.3)) as gateway:
        reply = gateway.get("/api/sleep/1500")

        assert (reply.status, reply.is_problem) == (504, True)
        assert gateway.get("/api/echo").status == 200


def test_more_requests_than_may_wait_are_sent_away_with_a_time_to_come_back() -> None:
    with RunningGateway(containers=1, waiting=1) as gateway, ThreadPoolExecutor(8) as callers:
        replies = list(callers.map(lambda _: gateway.get("/api/sleep/300"), range(8)))

    sent_away = [reply for reply in replies if reply.status == 503]
    assert sum(reply.status == 200 for reply in replies) >= 2
    assert sent_away
    assert all(reply.is_problem and reply.headers["retry-after"] == "1" for reply in sent_away)


def test_a_slow_sender_keeps_no_container_from_the_others() -> None:
    with RunningGateway(containers=1, limits=Limits(seconds=1.0)) as gateway:
        head = b"POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\n"
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as slow:
            slow.sendall(head + b"a few bytes")

            assert gateway.get("/api/echo").status == 200
            assert slow.recv(4096).startswith(b"HTTP/1.1 408 ")


def test_a_head_and_its_body_arrive_together(gateway: RunningGateway) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as connection:
        for _ in range(5):
            connection.sendall(b"GET /api/things/a/parts/b HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(65_536).endswith(b'\r\n\r\n{"name":"a","part":"b"}')


def test_a_head_without_a_body_is_not_kept_back(gateway: RunningGateway) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as connection:
        for _ in range(2):
            connection.sendall(b"HEAD /api/nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = connection.recv(65_536)
            assert (answer[:13], answer[-4:]) == (b"HTTP/1.1 404 ", b"\r\n\r\n")


def test_who_waits_for_the_word_to_go_on_gets_it(gateway: RunningGateway) -> None:
    head = b"POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as connection:
        connection.sendall(head + b"Expect: 100-continue\r\n\r\n")
        assert connection.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        assert b'"length":3' in connection.recv(65_536)


def test_a_function_that_fails_after_its_caller_lost_patience_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with RunningGateway(containers=1, limits=Limits(seconds=0.2)) as gateway:
        assert gateway.get("/api/sleep/60000").status == 504
        os.kill(gateway.container_pids[0], signal.SIGKILL)

        eventually(lambda: "a function whose caller had gone failed: the container ended" in caplog.text)


def test_a_caller_that_hangs_up_leaves_the_container_usable() -> None:
    with RunningGateway(containers=1) as gateway:
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as rude:
            rude.sendall(b"GET /api/sleep/200 HTTP/1.1\r\nHost: x\r\n\r\n")

        assert gateway.get("/api/echo").status == 200


def test_a_made_up_forwarded_address_does_not_become_the_source(gateway: RunningGateway) -> None:
    event = gateway.get("/api/echo", X_Forwarded_For="203.0.113.9").json["event"]

    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"
    assert event["multiValueHeaders"]["x-forwarded-for"] == ["203.0.113.9", "203.0.113.9, 127.0.0.1"]
