"""Sends snapshots to the API, and says what to do when it does not take them."""

from __future__ import annotations

import gzip
import json
import logging
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import requests

COMPRESS_FROM = 1024
CONNECT_AND_ANSWER_SECONDS = (5, 15)
CLOCK_TOLERANCE_SECONDS = 30
_log = logging.getLogger(__name__)


class Refused(Exception):
    """The API will not take anything with this token: there is no point in going on."""


@dataclass(frozen=True)
class Outcome:
    """`done`: the batch need not be sent again. Otherwise `wait` says how long the API wants to be left alone."""

    done: bool
    wait: float | None = None
    too_large: bool = False


class Sender:
    """One HTTP session."""

    def __init__(self, url: str, token: str, user_agent: str) -> None:
        self._url = url.rstrip("/") + "/monitoring/metrics"
        self._session = requests.Session()
        self._session.headers.update({"Authorization": f"Bearer {token}", "User-Agent": user_agent})
        self.errors = 0
        self.rejected = 0
        self._clock_told = False

    def send(self, batch: list[dict[str, Any]]) -> Outcome:
        """Send one batch. Raises Refused when the token is not good."""
        body = json.dumps({"snapshots": batch}, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json"}
        if len(body) >= COMPRESS_FROM:
            # API Gateway hands on what it takes for text as text: a compressed body must not call itself JSON.
            body, headers = gzip.compress(body, 6), {"Content-Type": "application/gzip", "Content-Encoding": "gzip"}
        try:
            answer = self._session.post(self._url, data=body, headers=headers, timeout=CONNECT_AND_ANSWER_SECONDS)
        except requests.RequestException as error:
            self.errors += 1
            _log.warning("the API cannot be reached (%s); the samples wait", type(error).__name__)
            return Outcome(done=False)
        self._compare_clocks(answer.headers.get("Date"))
        return self._judge(answer)

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def _judge(self, answer: requests.Response) -> Outcome:
        status = answer.status_code
        if status == 202:
            self.rejected += int(_json(answer).get("rejected", 0))
            return Outcome(done=True)
        if status in (401, 403):
            raise Refused(f"The API refuses the token: {_detail(answer)}")
        self.errors += 1
        if status == 413:
            return Outcome(done=False, too_large=True)
        if status == 429 or status >= 500:
            _log.warning("the API answers %s; the samples wait", status)
            return Outcome(done=False, wait=_retry_after(answer))
        _log.error("the API refuses these samples for good (%s): %s", status, _detail(answer))
        return Outcome(done=True)

    def _compare_clocks(self, date: str | None) -> None:
        if date is None or self._clock_told:
            return
        try:
            ahead = time.time() - parsedate_to_datetime(date).timestamp()
        except (TypeError, ValueError):
            return
        if abs(ahead) > CLOCK_TOLERANCE_SECONDS:
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


def _retry_after(answer: requests.Response) -> float | None:
    given = answer.headers.get("Retry-After", "")
    return float(given) if given.isdigit() else None
