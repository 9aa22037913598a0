"""The local server under those who hold on to it: slow heads, endless heads, odd requests."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from infra.local import patience
from tests.infra.local.running_gateway import RunningGateway


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningGateway]:
    """One that loses its patience soon."""
    monkeypatch.setattr(patience, "HEAD_SECONDS", 1.0)
    with RunningGateway(containers=1) as running:
        yield running


def connected(gateway: RunningGateway) -> socket.socket:
    """A connection that waits long for what is to happen."""
    return socket.create_connection(("127.0.0.1", gateway.port), timeout=30)


def send_without_end(connection: socket.socket) -> None:
    """Send headers, 400 MB of them if they are taken."""
    for number in range(100_000):
        connection.sendall(b"X-%d: %s\r\n" % (number, b"a" * 4_000))


def is_hung_up_on(connection: socket.socket) -> bool:
    """Whether the other end closes, in its own time, without an answer."""
    try:
        return connection.recv(4096) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("sent", [b"", b"GET /api/echo HTT", b"GET /api/echo HTTP/1.1\r\nHost: x\r\nX-A: "])
def test_whoever_never_ends_a_head_is_hung_up_on(gateway: RunningGateway, sent: bytes) -> None:
    with ExitStack() as held:
        slow = [held.enter_context(connected(gateway)) for _ in range(50)]
        for each in slow:
            each.sendall(sent)
        assert gateway.get("/api/echo").status == 200
        assert all(is_hung_up_on(each) for each in slow)


def test_a_head_that_never_ends_is_not_kept(gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 60.0)
    with connected(gateway) as endless:
        endless.sendall(b"GET /api/echo HTTP/1.1\r\nHost: x\r\n")
        with pytest.raises(ConnectionError):
            send_without_end(endless)
    assert gateway.get("/api/echo").status == 200


def test_a_second_request_on_a_connection_is_waited_for_no_longer(gateway: RunningGateway) -> None:
    with connected(gateway) as one:
        one.sendall(b"GET /api/echo HTTP/1.1\r\nHost: x\r\n\r\n")
        assert one.recv(65_536).startswith(b"HTTP/1.1 200")
        one.sendall(b"GET /api/echo HTTP/1.1\r\nX-A: ")
        while one.recv(65_536):
            pass


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET /api/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /api/%ff%00%zz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://[::1/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: %s\r\n\r\n" % (b"9" * 5_000),
        b"POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"GET /api/echo HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n",
        b"GET /api/echo HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    ],
    ids=[
        *(
            "tls",
            "no ascii",
            "odd escapes",
            "half an address",
            "length below zero",
            "endless length",
            "two lengths",
            "endless chunk",
        ),
        *("nul", "upgrade"),
    ],
)
def test_what_is_no_proper_request_is_answered_or_hung_up_on(gateway: RunningGateway, sent: bytes) -> None:
    with connected(gateway) as odd:
        odd.sendall(sent)
        odd.shutdown(socket.SHUT_WR)
        answer = odd.recv(65_536)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 200"))
    assert gateway.get("/api/echo").status == 200
