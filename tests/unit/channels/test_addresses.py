"""The guard against requests turned inwards: every way of writing an inner address, redirects, rebinding."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest

from chalicelib.channels.addresses import Guard, Refused
from chalicelib.channels.http import Http, RequestFailed, resolve
from tests.notifications.receiver import Receiver, receiver


@pytest.fixture
def inner() -> Iterator[Receiver]:
    """A server on this machine that nobody from outside may reach."""
    with receiver() as state:
        yield state


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1"),
        *("169.254.169.254", "169.254.0.1", "100.100.100.200", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("192.0.0.1", "198.18.0.1", "192.0.2.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1"),
        *("64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::", "64:ff9b:1::a00:1"),
        "64:ff9b:1:a9fe:a9:fe00:808:808",  # 169.254.169.254 behind a translator with 48 bits of its own
    ],
)
def test_an_inner_address_is_refused(address: str) -> None:
    with pytest.raises(Refused):
        Guard().check(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "64:ff9b::808:808"])
def test_an_address_of_the_internet_is_not(address: str) -> None:
    Guard().check(address)


@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254"),
        *("168.63.129.16", "100.100.100.200", "192.0.0.192", "64:ff9b:1::a00:1"),
    ],
)
def test_link_local_and_metadata_are_refused_whatever_is_allowed(address: str) -> None:
    with pytest.raises(Refused):
        Guard(allow_private=True, allow_loopback=True).check(address)


def test_private_and_loopback_are_opened_each_by_its_own_switch() -> None:
    Guard(allow_private=True).check("10.0.0.1")
    Guard(allow_loopback=True).check("127.0.0.1")
    with pytest.raises(Refused):
        Guard(allow_private=True).check("127.0.0.1")
    with pytest.raises(Refused):
        Guard(allow_loopback=True).check("10.0.0.1")


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "127.1", "127.0.1", "0"]
)
def test_odd_ways_of_writing_an_address_reach_no_resolver(host: str, inner: Receiver) -> None:
    port = inner.url.rpartition(":")[2]
    asked: list[str] = []
    http = Http(Guard(allow_loopback=True), resolve=lambda host, port: asked.append(host) or [])  # type: ignore[func-returns-value]
    with pytest.raises(RequestFailed, match="four decimal parts") as caught:
        http.request("POST", f"http://{host}:{port}/", {})
    assert caught.value.is_permanent
    assert not asked
    assert not inner.got


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"])
def test_this_machine_is_not_called(host: str, inner: Receiver) -> None:
    port = inner.url.rpartition(":")[2]
    with pytest.raises(RequestFailed, match="the address is refused"):
        Http().request("POST", f"http://{host}:{port}/", {})
    assert not inner.got


def test_a_name_that_also_resolves_to_an_inner_address_is_refused(inner: Receiver) -> None:
    both = [(socket.AF_INET, "93.184.216.34"), (socket.AF_INET, "127.0.0.1")]
    with pytest.raises(RequestFailed, match="loopback"):
        Http(resolve=lambda host, port: both).request("POST", "http://rebinding.example/", {})


def test_a_name_is_resolved_once_and_the_checked_address_is_the_one_connected_to(inner: Receiver) -> None:
    port = int(inner.url.rpartition(":")[2])
    answers = iter(["127.0.0.1", "10.0.0.1", "10.0.0.1"])
    http = Http(Guard(allow_loopback=True), resolve=lambda host, port: [(socket.AF_INET, next(answers))])
    answer = http.request("POST", f"http://rebinding.example:{port}/path?q=1", {"X-A": "b"}, b"{}")
    assert answer.status == 200
    assert inner.got[0].path == "/path?q=1"
    assert inner.got[0].headers["host"] == f"rebinding.example:{port}"


def test_a_redirect_is_an_answer_and_not_followed(inner: Receiver) -> None:
    inner.answers.append((302, {"Location": f"{inner.url}/secret"}))
    answer = Http(Guard(allow_loopback=True)).request("POST", inner.url, {})
    assert answer.status == 302
    assert [got.path for got in inner.got] == ["/"]


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "file:///etc/passwd", "http://user:pw@a.example/", "http://", "http://a:99999/", "//x"]
)
def test_only_plain_http_addresses_are_called(url: str) -> None:
    with pytest.raises(RequestFailed) as caught:
        Http().request("GET", url, {})
    assert caught.value.is_permanent
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("header", ["a\r\nX-Injected: 1", "a\nb"])
def test_a_header_cannot_smuggle_another(inner: Receiver, header: str) -> None:
    with pytest.raises(RequestFailed, match="HTTP does not allow"):
        Http(Guard(allow_loopback=True)).request("POST", inner.url, {"X-A": header})
    assert not inner.got


def test_a_long_answer_is_cut_off_or_refused(inner: Receiver) -> None:
    inner.body = b"x" * 1000
    http = Http(Guard(allow_loopback=True), most_bytes=100)
    assert http.request("GET", inner.url, {}).body == b"x" * 100
    strict = Http(Guard(allow_loopback=True), most_bytes=100, whole=True)
    with pytest.raises(RequestFailed, match="more than 100 bytes"):
        strict.request("GET", inner.url, {})


def test_a_server_that_never_finishes_does_not_outlast_the_deadline(inner: Receiver) -> None:
    release = threading.Event()
    inner.hold = lambda got: release.wait(10)
    with pytest.raises(RequestFailed, match="timed out") as caught:
        Http(Guard(allow_loopback=True), total_seconds=0.2).request("GET", inner.url, {})
    release.set()
    assert caught.value.left


@pytest.mark.parametrize(
    ("first", "more"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\nX-A: ", b"a"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x"),
    ],
    ids=["go on", "status", "header", "chunk", "body"],
)
def test_a_server_that_drips_does_not_outlast_the_deadline(first: bytes, more: bytes) -> None:
    enough = threading.Event()

    def drip() -> None:
        with listening.accept()[0] as connected, contextlib.suppress(OSError):
            connected.recv(65_536)
            connected.sendall(first)
            for _ in range(500):  # ten seconds
                connected.sendall(more)
                if enough.wait(0.02):
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            with pytest.raises(RequestFailed, match="timed out") as caught:
                Http(Guard(allow_loopback=True), total_seconds=0.2).request(
                    "GET", f"http://127.0.0.1:{listening.getsockname()[1]}/", {}
                )
        finally:
            enough.set()
            dripping.join()
    assert caught.value.left


def test_tls_to_a_server_that_speaks_none_fails_before_anything_left(inner: Receiver) -> None:
    with pytest.raises(RequestFailed, match="no secure connection") as caught:
        Http(Guard(allow_loopback=True)).request("GET", inner.url.replace("http:", "https:"), {})
    assert not caught.value.left


def test_the_resolver_of_the_system_knows_this_machine() -> None:
    assert (socket.AF_INET, "127.0.0.1") in resolve("127.0.0.1", 80)
    assert ssl.HAS_SNI
