"""Hosts: what is known of each machine that sends, and whether it still does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chalicelib.domain.instants import to_iso

DEFAULT_INTERVAL = 10
MAX_INTERVAL = 3600  # of the agent
LATE_AFTER = 3  # intervals without a sample
LATE_AT_LEAST_MS = 45_000
DOWN_AFTER = 10
DOWN_AT_LEAST_MS = 180_000
_AGENT = re.compile(r"perfmon-agent/([\w.+-]{1,40})(?: \(([^()]{0,400})\))?")


class HostState(StrEnum):
    """Whether a host still sends."""

    UP = "up"
    LATE = "late"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Host:
    """Instants in epoch ms; `agent` is what its agent says of itself, empty where none is at work."""

    name: str
    first_seen: int
    last_seen: int
    agent: Mapping[str, Any] = field(default_factory=dict)

    def state(self, now: int) -> HostState:
        """Late after three intervals without a sample (45 s at least), down after ten (3 minutes at least)."""
        interval = 1000 * int(self.agent.get("interval") or DEFAULT_INTERVAL)
        silent = now - self.last_seen
        if silent <= max(LATE_AFTER * interval, LATE_AT_LEAST_MS):
            return HostState.UP
        return HostState.LATE if silent <= max(DOWN_AFTER * interval, DOWN_AT_LEAST_MS) else HostState.DOWN


def read_agent(user_agent: str) -> dict[str, Any] | None:
    """What `perfmon-agent/1.2 (Linux 6.1; cores=4; memory=8589934592; interval=10)` says; None for other clients."""
    found = _AGENT.match(user_agent)
    if found is None:
        return None
    agent: dict[str, Any] = {"version": found[1]}
    for part in (found[2] or "").split(";"):
        name, equals, value = part.strip().partition("=")
        if equals and name in ("cores", "memory", "interval") and value.isascii() and value.isdigit():
            agent[name] = int(value[:18])
            if name == "interval":  # else whoever may record could say of any host that it need not be missed
                agent[name] = min(agent[name], MAX_INTERVAL)
        elif not equals and name and "os" not in agent:
            agent["os"] = name[:100]
    return agent


def show_host(host: Host, now: int) -> dict[str, Any]:
    """A host as the API shows it."""
    return {
        "name": host.name,
        "state": str(host.state(now)),
        "firstSeen": to_iso(host.first_seen),
        "lastSeen": to_iso(host.last_seen),
        "agentVersion": host.agent.get("version"),
        "os": host.agent.get("os"),
        "cores": host.agent.get("cores"),
        "memory": host.agent.get("memory"),
        "interval": host.agent.get("interval"),
    }
