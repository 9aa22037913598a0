"""Is the service there, initialized, and does it record? Asked of its API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from perfmon_client.doctor.finding import Finding, fail, ok, skipped, warn
from perfmon_client.errors import ApiError, Unreachable

PROBE = "doctor_probe"
LATE_TICK = 90.0
MANY_FRAMES = 100_000
_STORES = {"postgresql": "DATABASE_URL", "valkey": "REDIS_URL"}


class Api(Protocol):
    """The service's API. Raises ApiError or Unreachable."""

    def get(self, path: str, **query: Any) -> Any:
        """GET."""

    def post(self, path: str, body: Any, *, idempotent: bool = False) -> Any:
        """POST."""


def service(api: Api, now: datetime) -> Iterator[Finding]:
    """Does it answer; do its stores; do its schedules run; was anything lost?"""
    try:
        api.get("/monitoring/health/live")
    except Unreachable as error:
        yield fail("service", str(error), "Start it (make run), or correct PERFMON_URL; on AWS: make deploy.")
        return
    except ApiError as error:
        yield fail("service", f"it answers {error.status}: {error.detail}", "Does PERFMON_URL end in /api?")
        return
    yield ok("service", "it answers")
    try:
        ready = api.get("/monitoring/health/ready")
    except ApiError as error:
        yield fail("stores", error.detail, "Set DATABASE_URL and REDIS_URL: they are then asked directly.")
        return
    yield from _stores(ready["checks"], now)


def _stores(checks: list[Mapping[str, Any]], now: datetime) -> Iterator[Finding]:
    known: dict[str, Any] = {}
    for check in checks:
        name = str(check["name"])
        known |= check
        if check["status"] == "pass":
            yield ok(name, f"the service reaches it in {check['latencyMs']} ms")
        else:
            setting = _STORES.get(name, "its address")
            yield fail(name, str(check.get("message", "it fails")), f"Is it running, and is {setting} right?")
    yield from ticks(known.get("lastTickAt"), now)
    for field, what in (("lostFrames", "frames were lost by Valkey"), ("corruptFrames", "frames could not be read")):
        if known.get(field):
            yield warn("loss", f"{known[field]} {what}", "See docs/operations.md; a replica of Valkey prevents losses.")
    if (waiting := int(known.get("bufferedFrames") or 0)) > MANY_FRAMES:
        yield warn("buffer", f"{waiting} frames wait in Valkey", "They are not drained fast enough: see ticks.")


def ticks(last: str | None, now: datetime) -> Iterator[Finding]:
    """Do the schedules run? `last` is the instant of the last tick, ISO 8601."""
    if last is None:
        yield fail("ticks", "no tick has ever run", "Are the schedules running? Wait a minute after a first start.")
        return
    age = (now - datetime.fromisoformat(last.replace("Z", "+00:00"))).total_seconds()
    if age > LATE_TICK:
        yield fail(
            "ticks",
            f"the last tick ran {age:.0f} s ago: nothing is drained and no rule is judged",
            "Look into the log of the functions tick and schedule_ticks (.local/logs, or CloudWatch).",
        )
    else:
        yield ok("ticks", f"the last one ran {max(age, 0):.0f} s ago")


def recording(api: Api) -> Iterator[Finding]:
    """Is a sample taken, and can it be read? Leaves one sample of the metric doctor_probe."""
    sample = {"metricType": PROBE, "value": 1, "unit": "count", "tags": {}}
    try:
        answer = api.post("/monitoring/metrics", sample, idempotent=True)
    except Unreachable as error:
        yield skipped("recording", str(error))
        return
    except ApiError as error:
        remedies = {
            401: "Set PERFMON_TOKEN to a token that exists; make token mints one on AWS.",
            403: "This token may not record: create one with the scope ingest.",
            429: "Too many requests with this token: send more samples in each, or raise MAX_REQUESTS_PER_SECOND.",
            503: "The buffer refuses: see valkey and buffer.",
        }
        remedy = remedies.get(error.status, "The service's log has the request under its id.")
        yield fail("recording", f"a sample was refused ({error.status}): {error.detail}", remedy)
        return
    if answer["rejected"]:
        yield fail("recording", f"a sample was rejected: {answer.get('errors')}", "See docs/api.md, what is rejected.")
        return
    try:
        live = api.get("/monitoring/metrics/realtime", types=PROBE)
    except ApiError as error:
        yield skipped("recording", f"a sample was taken; it cannot be read with this token ({error.status})")
        return
    if live.get(PROBE):
        yield ok("recording", "a sample was taken and read again")
    else:
        yield fail("recording", "a sample was taken and is not there", "Do all functions use the same REDIS_URL?")
