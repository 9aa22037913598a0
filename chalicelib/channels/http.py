"""HTTP to addresses that other people name: resolved, checked, connected to that very address; bounded in every way.

No redirect is followed, no proxy of the environment is used. Errors say what went wrong and never where: an address may
hold a token.

The collector of targets uses this too.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

from chalicelib.channels.addresses import Guard, Refused, is_odd_number
from chalicelib.channels.deadline import Bounded, left

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
MOST_BYTES = 65_536
_PART = 65_536  # read at a time: a buffer as large as the limit would be made anew for every part
_Resolved = list[tuple[socket.AddressFamily, str]]


class RequestFailed(Exception):
    """No answer. `left`: the request may have been received; `is_permanent`: trying again would not help."""

    def __init__(self, message: str, *, left: bool, is_permanent: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.left = left
        self.is_permanent = is_permanent


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; header names in lower case; the body up to the limit."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def resolve(host: str, port: int) -> _Resolved:
    """Every address of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, str(address[0])) for family, _, _, _, address in found]


@dataclass(frozen=True, slots=True)
class Http:
    """Makes requests. `most_bytes`: a longer answer is cut off there.

    With `whole`, an answer that is longer is refused, and so is one that ends before its time.
    """

    guard: Guard = field(default_factory=Guard)
    connect_seconds: float = CONNECT_SECONDS
    total_seconds: float = TOTAL_SECONDS
    most_bytes: int = MOST_BYTES
    whole: bool = False
    resolve: Callable[[str, int], _Resolved] = resolve

    def request(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Response:
        """One request and its answer. Raises RequestFailed."""
        deadline = time.monotonic() + self.total_seconds
        scheme, host, port, target = _parts(url)
        family, address = self._checked(host, port)
        try:
            sock = self._connect(family, address, port, deadline)
        except OSError as error:
            raise RequestFailed(f"no connection: {_kind(error)}", left=False) from None
        try:
            if scheme == "https":
                sock = self._secured(sock, host, deadline)
            return self._exchange(sock, host, port, method, target, headers, body, deadline)
        finally:
            sock.close()

    def _checked(self, host: str, port: int) -> tuple[socket.AddressFamily, str]:
        """The address to connect to. All that the name resolves to must be allowed."""
        if is_odd_number(host):
            raise RequestFailed(
                "the address is refused: write IPv4 addresses with four decimal parts", left=False, is_permanent=True
            )
        try:
            found = self.resolve(host, port)
        except (OSError, UnicodeError):
            raise RequestFailed("the host's name cannot be resolved", left=False) from None
        try:
            for _, address in found:
                self.guard.check(address)
        except Refused as error:
            raise RequestFailed(f"the address is refused: {error}", left=False, is_permanent=True) from None
        if not found:
            raise RequestFailed("the host's name cannot be resolved", left=False)
        return found[0]

    def _connect(self, family: socket.AddressFamily, address: str, port: int, deadline: float) -> socket.socket:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(min(self.connect_seconds, left(deadline)))
            sock.connect((address, port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            sock.close()
            raise
        return sock

    def _secured(self, sock: socket.socket, host: str, deadline: float) -> ssl.SSLSocket:
        try:
            sock.settimeout(min(self.connect_seconds, left(deadline)))
            return _tls().wrap_socket(sock, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            raise RequestFailed(f"the certificate is not accepted: {error.verify_message}", left=False) from None
        except OSError as error:
            raise RequestFailed(f"no secure connection: {_kind(error)}", left=False) from None

    def _exchange(
        self,
        sock: socket.socket,
        host: str,
        port: int,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        deadline: float,
    ) -> Response:
        connection = http.client.HTTPConnection(host, port)
        connection.sock = Bounded(sock, deadline)
        try:
            connection.request(method, target, body=body, headers={"Connection": "close", **headers})
        except ValueError:
            raise RequestFailed(
                "a header or the path holds what HTTP does not allow", left=False, is_permanent=True
            ) from None
        except OSError as error:
            raise RequestFailed(f"the request could not be sent whole: {_kind(error)}", left=True) from None
        try:
            answer = connection.getresponse()
            content = self._read(answer)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise RequestFailed(f"no proper answer: {_kind(error)}", left=True) from None
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, found, content)

    def _read(self, answer: http.client.HTTPResponse) -> bytes:
        """The body up to the limit."""
        content = bytearray()
        while len(content) < self.most_bytes:
            part = answer.read1(min(_PART, self.most_bytes - len(content)))
            if not part:
                # http.client says nothing of it: a number cut off at the end is another number.
                if self.whole and answer.length:
                    raise ValueError(f"only {len(content)} bytes of its body")
                return bytes(content)
            content += part
        if self.whole and answer.read1(1):
            raise ValueError(f"more than {self.most_bytes} bytes")
        return bytes(content)


def _parts(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and what stands after them. Raises RequestFailed."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise RequestFailed("the address is no valid URL", left=False, is_permanent=True) from None
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise RequestFailed("the address must be http or https, without a user", left=False, is_permanent=True)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80), target


def _kind(error: Exception) -> str:
    """What kind of error it was, without anything that could hold an address."""
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, ConnectionError | http.client.RemoteDisconnected):
        return "the other side hung up"
    if isinstance(error, ValueError):
        return str(error) if str(error).startswith(("more than", "only")) else "not HTTP"
    return "not HTTP" if isinstance(error, http.client.HTTPException) else "network error"


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
