"""Is it alive, is it ready: for load balancers and people at a terminal; open to everybody."""

from __future__ import annotations

from dataclasses import asdict

from chalicelib import wiring
from chalicelib.api.endpoint import Answer, Request, Resource

health = Resource(__name__)


@health.endpoint("GET", "/monitoring/health/live", scope=None)
def live(request: Request) -> Answer:
    """Alive: this process answers. Touches nothing."""
    return Answer({"status": "alive"})


@health.endpoint("GET", "/monitoring/health/ready", scope=None)
def ready(request: Request) -> Answer:
    """Ready: every dependency answers; 503 when one does not."""
    checks = wiring.readiness().run()
    is_ready = all(check.status == "pass" for check in checks)
    shown = [
        {"name": each["name"], "status": each["status"], "latencyMs": each["latency_ms"], **each["details"]}
        for each in map(asdict, checks)
    ]
    return Answer({"status": "ready" if is_ready else "unavailable", "checks": shown}, 200 if is_ready else 503)
