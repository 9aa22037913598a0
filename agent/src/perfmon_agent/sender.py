"""Sends snapshots to the API, and says what to do when it does not take them."""

from __future__ import annotations

import gzip
import logging
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import requests.auth

from perfmon_agent.request import Request

COMPRESS_FROM = 1024
CONNECT_AND_ANSWER_SECONDS = (5, 15)
CLOCK_TOLERANCE_SECONDS = 30
LONGEST_RETRY_AFTER = 3600.0
# It is the samples that these find fault with; sent again they would be refused again.
_FOR_GOOD = frozenset((400, 409, 415, 422))
_log = logging.getLogger(__name__)


class Refused(Exception):
    """The API will not take anything with this token: there is no point in going on."""


@dataclass(frozen=True)
class Outcome:
    """`done`: the request need not be sent again. Otherwise `wait` says how long the API wants to be left alone."""

    done: bool
    wait: float | None = None
    too_large: bool = False


class _Bearer(requests.auth.AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Sender:
    """One HTTP session. Counts what happened since its making."""

    def __init__(self, url: str, token: str, user_agent: str) -> None:
        self._url = url.rstrip("/") + "/monitoring/metrics"
        self._session = requests.Session()
        self._session.headers["User-Agent"] = user_agent
        # As a header alone it would give way to what a .netrc says of the host.
        self._session.auth = _Bearer(token)
        self.errors = 0
        self.sent = 0
        self.rejected = 0
        self.clock_offset: float | None = None
        self._clock_told = False
        self._told = ""

    def send(self, request: Request) -> Outcome:
        """Send a request once. Raises Refused when the token is not good."""
        body = request.body
        headers = {"Content-Type": "application/json", "Idempotency-Key": request.key}
        if len(body) >= COMPRESS_FROM:
            # API Gateway hands on what it takes for text as text: a compressed body must not call itself JSON.
            body = gzip.compress(body, 6, mtime=0)
            headers |= {"Content-Type": "application/gzip", "Content-Encoding": "gzip"}
        try:
            answer = self._session.post(
                self._url, data=body, headers=headers, timeout=CONNECT_AND_ANSWER_SECONDS, allow_redirects=False
            )
        except requests.RequestException as error:
            self.errors += 1
            self._tell(logging.WARNING, f"the API cannot be reached ({type(error).__name__}); the samples wait")
            return Outcome(done=False)
        self._compare_clocks(answer.headers.get("Date"))
        return self._judge(answer, request)

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def _judge(self, answer: requests.Response, request: Request) -> Outcome:
        status = answer.status_code
        if status == 202:
            self._count(_json(answer), request)
            return Outcome(done=True)
        if status in (401, 403):
            raise Refused(f"The API refuses the token: {_detail(answer)}")
        self.errors += 1
        if status == 413:
            return Outcome(done=False, too_large=True)
        if status in _FOR_GOOD:
            self.rejected += request.samples
            self._tell(
                logging.ERROR, f"the API refuses {request.samples} samples for good ({status}): {_detail(answer)}"
            )
            return Outcome(done=True)
        if status in (408, 429) or status >= 500:
            self._tell(logging.WARNING, f"the API answers {status}; the samples wait")
        else:  # a wrong path, a redirect, somebody else's page: the address is wrong, not the samples
            to = f" and points to {answer.headers['Location'][:200]}" if "Location" in answer.headers else ""
            self._tell(logging.ERROR, f"{self._url} answers {status}{to}; the samples wait: is the URL right?")
        return Outcome(done=False, wait=retry_after(answer.headers.get("Retry-After"), time.time()))

    def _count(self, said: dict[str, Any], request: Request) -> None:
        rejected = said.get("rejected", 0)
        rejected = rejected if isinstance(rejected, int) else 0
        self.sent += request.samples - rejected
        self.rejected += rejected
        if not rejected:
            if self._told:
                _log.info("the API takes samples")
            self._told = ""
            return
        errors = said.get("errors")
        reason = f", the first: {str(errors[0])[:300]}" if isinstance(errors, list) and errors else ""
        self._tell(logging.WARNING, f"the API rejects {rejected} of {request.samples} samples{reason}")

    def _tell(self, level: int, message: str) -> None:
        """Log what is news: an API that is away for a night is one line, not a thousand."""
        if message != self._told:
            self._told = message
            _log.log(level, "%s", message)

    def _compare_clocks(self, date: str | None) -> None:
        server = _instant(date)
        if server is None:
            return
        ahead = self.clock_offset = time.time() - server
        if not self._clock_told and abs(ahead) > CLOCK_TOLERANCE_SECONDS:
            self._clock_told = True
            which = "ahead of" if ahead > 0 else "behind"
            _log.warning("this host's clock is %d s %s the server's; samples carry its time", abs(ahead), which)


def _json(answer: requests.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _detail(answer: requests.Response) -> str:
    return str(_json(answer).get("detail", answer.reason))[:300]


def retry_after(given: str | None, now: float) -> float | None:
    """Seconds that a Retry-After header asks for, of either form, an hour at most; None = nothing useful."""
    if given is None:
        return None
    if given.strip().isdigit():
        return min(float(given), LONGEST_RETRY_AFTER)
    until = _instant(given)
    return None if until is None else min(max(0.0, until - now), LONGEST_RETRY_AFTER)


def _instant(date: str | None) -> float | None:
    try:
        return None if date is None else parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
