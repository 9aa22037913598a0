"""After the storm: what must be true, and whether it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import requests

from infra.storm.hooks import Hooks
from infra.storm.load import AGENT, EVENTS, LEVELS, QUEUE, Load
from infra.storm.service import Service

PATIENCE = 180.0
RESTART = 5  # seconds without a reading while an agent that was killed starts


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise and what became of it."""

    promise: str
    found: str
    is_kept: bool


def judge(service: Service, load: Load, hooks: Hooks) -> Iterator[Finding]:
    """Every promise, as soon as it is kept, or after PATIENCE seconds."""
    yield _eventually(
        "every accepted event is stored once",
        lambda: (_summed(service, "count"), _summed(service, "sum")),
        (load.events, load.total),
    )
    yield _eventually("every level is stored, once an instant", lambda: _points(service), len(load.levels))
    yield _eventually("the agent told every second but for restarts", lambda: _silence(service, load) <= RESTART, True)
    yield _eventually("no frame was lost", lambda: _ready(service)["lostFrames"], 0)
    yield _eventually("no sample waits for its series", lambda: _ready(service)["waitingSamples"], 0)
    yield _eventually(
        "every crossing has one alert",
        lambda: sorted(each["tags"]["host"] for each in _alerts(service)),
        sorted(load.crossings),
    )
    yield _eventually(
        "every alert was told, under one id",
        lambda: {host: len(ids) for host, ids in hooks.told().items()},
        dict.fromkeys(load.crossings, 1),
    )
    again = hooks.repeated()
    unmarked = [each for each in again if not each["possibleDuplicate"]]
    yield Finding("what was told again says so", f"{len(again)} again, {len(unmarked)} unmarked", not unmarked)
    yield _eventually("nothing is left in the queues", lambda: _undelivered(service), 0)
    yield _eventually("the service is ready", lambda: _ready(service)["status"], "pass")


def _eventually(promise: str, ask: Callable[[], Any], wanted: Any) -> Finding:
    give_up = time.monotonic() + PATIENCE
    found: Any = None
    while time.monotonic() < give_up:
        try:
            found = ask()
        except (requests.RequestException, KeyError) as error:
            found = f"{error}"
        if found == wanted:
            return Finding(promise, _short(found), is_kept=True)
        time.sleep(1)
    return Finding(promise, f"{_short(found)} instead of {_short(wanted)}", is_kept=False)


def _summed(service: Service, aggregation: str) -> int:
    asked = {"metricType": EVENTS, "aggregation": aggregation, "step": "1h", "from": "-3h", "to": str(_ahead())}
    series = service.call("GET", "/metrics/query", **asked)["series"]
    return int(sum(value for each in series for _, value in each["points"]))


def _points(service: Service) -> int:
    asked = {"metricType": LEVELS, "aggregation": "count", "step": "1h", "from": "-3h", "to": str(_ahead())}
    series = service.call("GET", "/metrics/query", **asked)["series"]
    return int(sum(value for each in series for _, value in each["points"]))


def _silence(service: Service, load: Load) -> int:
    """The longest time in seconds, from the storm's beginning to its end, of which the agent has told nothing."""
    asked = {"metricType": "system_load", "aggregation": "count", "step": "1s", "tags": f"host:{AGENT}"}
    between = {"from": str(load.began), "to": str(load.ended)}
    series = service.call("GET", "/metrics/query", **asked, **between)["series"]
    told = sorted({at for each in series for at, value in each["points"] if value})
    ends: list[int] = [load.began, *told, load.ended]
    return max(after - before for before, after in pairwise(ends)) // 1000


def _ahead() -> int:
    return int(time.time() * 1000) + 600_000


def _ready(service: Service) -> dict[str, Any]:
    found: dict[str, Any] = service.call("GET", "/health/ready")["checks"][0]
    return found


def _alerts(service: Service) -> list[dict[str, Any]]:
    return [each for each in _all(service, "/alerts", "alerts") if each["metricType"] == QUEUE]


def _undelivered(service: Service) -> int:
    found = _all(service, "/notifications", "notifications")
    return sum(each["state"] in ("queued", "dispatched", "failed", "dead") for each in found)


def _all(service: Service, path: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query: dict[str, str] = {}
    while True:
        page = service.call("GET", path, **query)
        found += page[name]
        if page["next"] is None:
            return found
        query = {"after": page["next"]}


def _short(value: Any) -> str:
    text = f"{len(value)} of them" if isinstance(value, list | dict | set) else str(value)
    return text[:80]
