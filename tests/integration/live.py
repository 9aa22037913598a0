"""Live alerting at the real stores, the clock in the test's hand: samples in, ticks, alerts out."""

from __future__ import annotations

from typing import Any

from chalicelib.domain.instants import to_iso
from chalicelib.wiring import ticking
from tests.call import Api

RULES = "/monitoring/alerts/rules"
ALERTS = "/monitoring/alerts"
TICK = 10_000


class Live:
    """A rule's world: `base` is the first instant of the grid, some minutes before the clock."""

    def __init__(self, api: Api, base: int) -> None:
        self.api = api
        self.base = base

    def rule(self, **fields: Any) -> str:
        """A rule about cpu_usage above 90 for each host, or what the fields make of it; its id."""
        body = {
            "name": "hot",
            "metricType": "cpu_usage",
            "condition": "greater_than",
            "threshold": 90,
            "groupBy": ["host"],
            "noData": None,
            **fields,
        }
        created = self.api.post(RULES, body)
        assert created.status == 201, created.body
        return str(created.body["id"])

    def at(self, seconds: float) -> int:
        """An instant, so many seconds after the beginning."""
        return self.base + round(seconds * 1000)

    def iso(self, seconds: float) -> str:
        """The same as text."""
        return to_iso(self.at(seconds))

    def send(self, seconds: float, metrics: dict[str, float], **tags: str) -> None:
        """One snapshot of a host."""
        body = {"tags": {"host": "web-1", **tags}, "timestamp": self.at(seconds), "metrics": metrics}
        assert self.api.post("/monitoring/metrics", {"snapshots": [body]}).status == 202

    def tick(self, seconds: float) -> Any:
        """One tick of the grid; everything must have gone well."""
        done = ticking.tick().run(self.at(seconds), now=self.at(seconds))
        assert done.failed == []
        return done

    def run(self, values: str, *, start: int = 0, metric: str = "cpu_usage", **tags: str) -> list[str]:
        """Send a value and tick, every ten seconds; `_` sends nothing. The states of the newest alert after each."""
        states = []
        for place, value in enumerate(values.split()):
            seconds = start + 10 * place
            if value != "_":
                self.send(seconds, {metric: float(value)}, **tags)
            self.tick(seconds)
            states.append(self.state())
        return states

    def state(self) -> str:
        """The state of the newest alert, `-` if there is none; with its reason when it is resolved."""
        alerts = self.alerts()
        if not alerts:
            return "-"
        newest = alerts[0]
        return str(newest["resolvedReason"] or newest["state"])

    def alerts(self, **query: str) -> list[dict[str, Any]]:
        """All alerts, the newest first."""
        found: list[dict[str, Any]] = self.api.get(ALERTS, **query).body["alerts"]
        return found
