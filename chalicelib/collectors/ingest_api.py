"""The service's own API for recording, as the collector uses it: from outside, with a token, like everybody else."""

from __future__ import annotations

import gzip
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from chalicelib.channels.http import Http, RequestFailed, Response
from chalicelib.domain.recording import Body, NotRecorded, Recorded

PATH = "/monitoring/metrics"
SAMPLES_AT_ONCE = 5_000
MOST_BYTES = 4 << 20  # of a body before it is compressed; the service takes 5 MB
_TRIES = 3
_LONGEST_PAUSE = 5.0  # seconds
_NONE_TAKEN = 400
_ANSWERS = frozenset({202, _NONE_TAKEN})
_AGAIN = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class IngestApi:
    """Posts snapshots; `base_url` is where the API is, `/api` included."""

    http: Http
    base_url: str
    pause: Callable[[float], None] = time.sleep

    def bodies(self, snapshots: Sequence[Mapping[str, Any]]) -> list[Body]:
        """The requests' bodies, compressed, none with many more samples, or more bytes, than the API takes well."""
        bodies: list[Body] = []
        part: list[bytes] = []
        samples = size = 0
        for snapshot in snapshots:
            content = msgspec.json.encode(snapshot)
            if part and (samples >= SAMPLES_AT_ONCE or size + len(content) > MOST_BYTES):
                bodies.append(_body(part, samples))
                part, samples, size = [], 0, 0
            part.append(content)
            samples += len(snapshot["metrics"])
            size += len(content) + 1
        return [*bodies, _body(part, samples)] if part else bodies

    def record(self, bodies: Sequence[Body], token: str, key: str) -> Recorded:
        """Hand bodies over, each once however often it has to be tried. Raises NotRecorded."""
        accepted = rejected = 0
        reason = None
        for number, body in enumerate(bodies):
            said = self._post(body, token, f"{key}-{number}")
            accepted += said.accepted
            rejected += said.rejected
            reason = reason or said.reason
        return Recorded(accepted, rejected, reason)

    def _post(self, body: Body, token: str, key: str) -> Recorded:
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/gzip",  # API Gateway ruins a compressed body that is called JSON
            "Content-Encoding": "gzip",
            "Idempotency-Key": key,
            "User-Agent": "perfmon-collector",
        }
        why = ""
        for attempt in range(_TRIES):
            wait = 2.0**attempt
            try:
                answer = self.http.request("POST", f"{self.base_url.rstrip('/')}{PATH}", headers, body.content)
            except RequestFailed as error:
                why = error.message
            else:
                if answer.status in _ANSWERS:
                    return _recorded(answer, body.samples)
                why = f"it answered {answer.status}"
                if answer.status not in _AGAIN:
                    break
                wait = _asked_wait(answer, wait)
            if attempt + 1 < _TRIES:
                self.pause(min(wait, _LONGEST_PAUSE) * (0.5 + random.random() / 2))  # noqa: S311 -- spreads retries
        raise NotRecorded(f"the service did not take the samples: {why}")


def _body(snapshots: Sequence[bytes], samples: int) -> Body:
    return Body(gzip.compress(b'{"snapshots":[%b]}' % b",".join(snapshots), 1), samples)


def _recorded(answer: Response, samples: int) -> Recorded:
    """What the answer says of so many samples; 400: none was taken."""
    try:
        said = msgspec.json.decode(answer.body)
        first = next(iter(said.get("errors") or ()), None)
        reason = f"{first['field']}: {first['reason']}" if first else said.get("detail")
        if answer.status == _NONE_TAKEN:
            return Recorded(0, samples, reason)
        return Recorded(int(said["accepted"]), int(said["rejected"]), reason)
    except (msgspec.DecodeError, AttributeError, KeyError, TypeError, ValueError):
        raise NotRecorded("the service answered what is not understood") from None


def _asked_wait(answer: Response, default: float) -> float:
    given = answer.headers.get("retry-after", "")
    return float(given) if given.isascii() and given.isdigit() else default
