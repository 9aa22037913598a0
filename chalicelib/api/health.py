"""Is it alive, is it ready: for load balancers, open to everybody; how is the system: for people."""

from __future__ import annotations

from dataclasses import asdict

from chalicelib import wiring
from chalicelib.api.endpoint import Answer, Resource
from chalicelib.api.request import Request
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.instants import InvalidInstant, parse_moment, to_iso
from chalicelib.domain.scopes import Scope
from chalicelib.wiring import reports as wired

health = Resource(__name__)


@health.endpoint("GET", "/monitoring/health/live", scope=None, query=None)
def live(request: Request) -> Answer:
    """Alive: this process answers. Touches nothing."""
    return Answer({"status": "alive"})


@health.endpoint("GET", "/monitoring/health/ready", scope=None, query=None)
def ready(request: Request) -> Answer:
    """Ready: every dependency answers; 503 when one does not."""
    checks = wiring.readiness().run()
    is_ready = all(check.status == "pass" for check in checks)
    shown = [
        {"name": each["name"], "status": each["status"], "latencyMs": each["latency_ms"], **each["details"]}
        for each in map(asdict, checks)
    ]
    return Answer({"status": "ready" if is_ready else "unavailable", "checks": shown}, 200 if is_ready else 503)


@health.endpoint("GET", "/monitoring/health/system", scope=Scope.READ)
def system(request: Request) -> Answer:
    """How the system does: every check with its figure, and the status they make together."""
    from chalicelib.domain.health import show_health

    return Answer(show_health(wired.system_health().run(request.now)))


@health.endpoint("GET", "/monitoring/health/history", scope=Scope.READ, query=("from", "to"))
def history(request: Request) -> Answer:
    """What each check found minute by minute; the last hour unless `from` and `to` say otherwise."""
    from chalicelib.domain.health import plain
    from chalicelib.services.health import MAX_MINUTES, MINUTE_MS

    start, end = _moment(request, "from", "-1h"), _moment(request, "to", "now")
    if start >= end:
        raise InvalidInput("from: must lie before to.", field="from")
    found = wired.system_health().history(start, end)
    minutes = [
        {
            "at": to_iso(each.at),
            "status": str(each.status),
            "checks": [
                {"name": check.name, "status": str(check.status)}
                | ({} if check.value is None else {"value": plain(check.value)})
                for check in each.checks
            ],
        }
        for each in found
    ]
    following = to_iso(found[-1].at + MINUTE_MS) if len(found) == MAX_MINUTES else None
    return Answer({"minutes": minutes, "next": following})


def _moment(request: Request, name: str, default: str) -> int:
    try:
        return parse_moment(request.query(name) or default, request.now)
    except InvalidInstant as error:
        raise InvalidInput(f"{name}: {error}.", field=name) from None
