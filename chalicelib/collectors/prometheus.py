"""Targets that answer a GET with an exposition: exporters of Prometheus, agents, anything that imitates them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from chalicelib.channels.http import Http, RequestFailed, Response
from chalicelib.collectors.exposition import OPENMETRICS, exposed
from chalicelib.domain.exposed import Fetched, ScrapeFailed
from chalicelib.domain.pulls import Job

MAX_BODY = 10_000_000
_OK = 200
# The plain format first: exporters write it right more often, and it is read in half the time.
_ACCEPT = f"text/plain;version=0.0.4,{OPENMETRICS};version=1.0.0;q=0.7,*/*;q=0.1"
_LENGTHS = frozenset({"content-length", "transfer-encoding", "content-encoding"})  # either tells where the end is
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class PrometheusSource:
    """Scrapes; `http` is the guarded way out."""

    http: Http

    def instance(self, job: Job) -> str:
        """The tag `instance`: host and port, as Prometheus has it."""
        parts = urlsplit(job.config["url"])
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"

    def fetch(self, job: Job, secrets: Mapping[str, str]) -> Fetched:
        """What is exposed now. Raises ScrapeFailed."""
        headers = {
            **json.loads(secrets.get("headers", "{}")),
            "Accept": _ACCEPT,
            "Accept-Encoding": "gzip",
            "User-Agent": "perfmon-collector",
            "X-Prometheus-Scrape-Timeout-Seconds": str(job.timeout),
        }
        if "bearerToken" in secrets:
            headers["Authorization"] = f"Bearer {secrets['bearerToken']}"
        http = replace(self.http, total_seconds=float(job.timeout), most_bytes=MAX_BODY, whole=True)
        try:
            answer = http.request("GET", job.config["url"], headers)
        except RequestFailed as error:
            raise ScrapeFailed(error.message) from None
        if answer.status != _OK:
            raise ScrapeFailed(f"the target answered {answer.status}")
        body = _inflated(answer)
        if not body.endswith(b"\n") and not _LENGTHS & answer.headers.keys():
            raise ScrapeFailed("the answer may be cut off: it has no length, and no line end at its end")
        return Fetched(exposed(body, answer.headers.get("content-type", "")))


def _inflated(answer: Response) -> bytes:
    """The body, inflated no further than the limit."""
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return answer.body
    if encoding != "gzip":
        raise ScrapeFailed("the answer is compressed in a way that was not asked for")
    inflating = zlib.decompressobj(_GZIP)
    try:
        content = inflating.decompress(answer.body, MAX_BODY)
    except zlib.error:
        raise ScrapeFailed("the answer's gzip is damaged") from None
    if inflating.unconsumed_tail:
        raise ScrapeFailed(f"the answer is more than {MAX_BODY} bytes")
    if not inflating.eof:
        raise ScrapeFailed("the answer's gzip is cut off")
    return content
