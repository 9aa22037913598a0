"""One HTTP session with the service: its token, timeouts, and retries of what may be repeated."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
import requests.auth

from perfmon_client.errors import ApiError, Unreachable
from perfmon_client.forkable import ForkableAdapter

TRIES = 4
LONGEST_WAIT = 10  # seconds; who is asked to wait for longer hears so at once
TIMEOUTS = (5, 30)  # to connect, to answer
_RETRIED = (429, 500, 502, 503, 504)
_NOTHING_KEPT = (429, 503)  # the service promises that a call answered so has changed nothing


class _Bearer(requests.auth.AuthBase):
    """The token. Also where there is none, so that nobody reads ~/.netrc: neither its passwords are meant for the
    service, nor may the first request import what reads it, while a fork keeps the import's lock."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


@dataclass(frozen=True)
class Answer:
    """What came back, whatever it says. `body` is None where `content` is not JSON; `retry_after` is seconds."""

    status: int
    body: Any
    retry_after: float
    content: bytes = b""

    def problem(self) -> ApiError:
        """What a refusal says, as an error."""
        said = self.body if isinstance(self.body, dict) else {}
        detail = said.get("detail") or f"the service answered {self.status}"
        return ApiError(
            self.status, detail, said.get("field"), errors=said.get("errors"), request_id=said.get("requestId")
        )


class Http:
    """Calls the API and decodes its answers.

    GET, PUT and DELETE are repeated when they fail on the way or the service asks for it; so is a POST that changes
    nothing twice, by an idempotency key or by what it says; any other only where the service has kept nothing.
    `sleep` waits between tries, in seconds.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        timeouts: tuple[float, float] = TIMEOUTS,
    ) -> None:
        self._url = url.rstrip("/")
        self._sleep = sleep
        self._timeouts = timeouts
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, ForkableAdapter())
        self._session.auth = _Bearer(token)

    def get(self, path: str, **query: Any) -> Any:
        """GET; parameters that are None are left out; `from_` is sent as `from`. Raises ApiError or Unreachable."""
        parameters = {name.rstrip("_"): value for name, value in query.items() if value is not None}
        return self._json(self._call("GET", path, repeat=True, params=parameters))

    def download(self, path: str, *, accept: str = "*/*", **query: Any) -> bytes:
        """GET what is not JSON, as it comes: a page, a table. Query and errors as with `get`."""
        parameters = {name.rstrip("_"): value for name, value in query.items() if value is not None}
        return self._call("GET", path, repeat=True, params=parameters, headers={"Accept": accept}).content

    def post(self, path: str, body: Any, *, idempotent: bool = False, repeat: bool = False) -> Any:
        """POST an object as JSON; `idempotent` gives it a key, so that it may be repeated and still counts once.

        `repeat`: it may be anyway, because it changes nothing twice.
        """
        headers = {"Idempotency-Key": str(uuid.uuid4())} if idempotent else {}
        return self._json(self._call("POST", path, repeat=idempotent or repeat, json=body, headers=headers))

    def put(self, path: str, body: Any) -> Any:
        """PUT an object as JSON. Raises ApiError or Unreachable."""
        return self._json(self._call("PUT", path, repeat=True, json=body))

    def patch(self, path: str, body: Any) -> Any:
        """PATCH: change what the body names. Raises ApiError or Unreachable."""
        return self._json(self._call("PATCH", path, repeat=False, json=body))

    def delete(self, path: str) -> None:
        """DELETE. Raises ApiError or Unreachable."""
        self._call("DELETE", path, repeat=True)

    def send(self, path: str, body: bytes, key: str, timeout: float) -> Answer:
        """POST bytes of JSON under an idempotency key, once; every status is an answer. Raises Unreachable only."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        return self._once("POST", path, data=body, headers=headers, timeout=timeout)

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def _json(self, answer: Answer) -> Any:
        """What was answered; None where there is nothing. Somebody else's page is no answer of the service."""
        if answer.content and answer.body is None and answer.content.strip() != b"null":
            raise ApiError(answer.status, f"{self._url} answers, but not as the service does: its url ends in /api.")
        return answer.body

    def _call(self, method: str, path: str, *, repeat: bool, **request: Any) -> Answer:
        for attempt in range(1, TRIES + 1):
            wait = random.uniform(0.1, 0.4) * 2 ** (attempt - 1)  # noqa: S311 -- jitter
            try:
                answer = self._once(method, path, timeout=self._timeouts, **request)
            except Unreachable:
                if not repeat or attempt == TRIES:
                    raise
            else:
                if answer.status < 400:
                    return answer
                again = answer.status in (_RETRIED if repeat else _NOTHING_KEPT) and answer.retry_after <= LONGEST_WAIT
                if attempt == TRIES or not again:
                    raise answer.problem()
                wait = max(wait, answer.retry_after)
            self._sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _once(self, method: str, path: str, **request: Any) -> Answer:
        try:
            answer = self._session.request(method, self._url + path, **request)
        except requests.RequestException as error:
            reason = type(error).__name__
            raise Unreachable(f"{self._url} cannot be reached ({reason}). Is the service running?") from None
        try:
            body = answer.json() if answer.content else None
        except ValueError:
            body = None  # a proxy's page rather than the service's answer: the status says enough
        return Answer(answer.status_code, body, _seconds(answer.headers), answer.content)


def backoff(failures: int, first: float, longest: float) -> float:
    """Seconds before the next try: twice as long each time, and never all clients at once."""
    return float(min(longest, first * 2 ** min(failures - 1, 20)) * random.uniform(0.5, 1))  # noqa: S311 -- jitter


def _seconds(headers: Mapping[str, str]) -> float:
    given = headers.get("Retry-After", "")
    return float(given) if given.isdigit() else 0.0
