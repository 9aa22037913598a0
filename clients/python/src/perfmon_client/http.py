"""One HTTP session with the service: its token, timeouts, and retries of what may be repeated."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import requests

from perfmon_client.errors import ApiError, Unreachable

TRIES = 4
TIMEOUTS = (5, 30)  # to connect, to answer
_RETRIED = (429, 500, 502, 503, 504)


class Http:
    """Calls the API and decodes its answers.

    GET and DELETE are repeated when they fail on the way or the service asks for it; POST only with an idempotency
    key, which makes it safe. `sleep` waits between tries, in seconds.
    """

    def __init__(self, url: str, token: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url = url.rstrip("/")
        self._sleep = sleep
        self._session = requests.Session()
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: Any) -> Any:
        """GET; parameters that are None are left out; `from_` is sent as `from`. Raises ApiError or Unreachable."""
        parameters = {name.rstrip("_"): value for name, value in query.items() if value is not None}
        return self._call("GET", path, repeat=True, params=parameters)

    def post(self, path: str, body: Any, *, idempotent: bool = False) -> Any:
        """POST an object as JSON; `idempotent` gives it a key, so that it may be repeated and still counts once."""
        headers = {"Idempotency-Key": str(uuid.uuid4())} if idempotent else {}
        return self._call("POST", path, repeat=idempotent, json=body, headers=headers)

    def patch(self, path: str, body: Any) -> Any:
        """PATCH: change what the body names. Raises ApiError or Unreachable."""
        return self._call("PATCH", path, repeat=False, json=body)

    def delete(self, path: str) -> None:
        """DELETE. Raises ApiError or Unreachable."""
        self._call("DELETE", path, repeat=True)

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def _call(self, method: str, path: str, *, repeat: bool, **request: Any) -> Any:
        tries = TRIES if repeat else 1
        for left in range(tries - 1, -1, -1):
            wait = random.uniform(0.1, 0.4) * 2 ** (tries - 1 - left)  # noqa: S311 -- jitter
            try:
                answer = self._session.request(method, self._url + path, timeout=TIMEOUTS, **request)
            except requests.RequestException as error:
                if not left:
                    reason = type(error).__name__
                    raise Unreachable(f"{self._url} cannot be reached ({reason}). Is the service running?") from None
            else:
                if answer.status_code not in _RETRIED or not left:
                    return _decode(answer)
                wait = max(wait, _seconds(answer.headers))
            self._sleep(wait)
        raise AssertionError("the last try returns or raises")


def _decode(answer: requests.Response) -> Any:
    if answer.ok:
        return answer.json() if answer.content else None
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    detail = problem.get("detail") or f"the service answered {answer.status_code} {answer.reason}"
    raise ApiError(answer.status_code, detail, problem.get("field"))


def _seconds(headers: Mapping[str, str]) -> float:
    given = headers.get("Retry-After", "")
    return float(given) if given.isdigit() else 0.0
