"""An alert's life with everything real: samples over HTTP, ticks every second, people over the API."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.local.program import REPOSITORY
from tests.infra.local.eventually import eventually
from tests.infra.local.test_stack import Stack

PATIENCE = 60.0


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """The service as `make run` starts it, judging every second."""
    running = Stack(tmp_path / "local", {"TICK_SECONDS": "1"}, app=REPOSITORY)
    yield running
    running.process.send_signal(signal.SIGINT)
    running.process.wait(20)
    running.lines.close()


def test_samples_cross_a_threshold_and_come_back(stack: Stack) -> None:
    # given a rule on the running service
    port, token = stack.ready()
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    url = f"http://127.0.0.1:{port}/api/monitoring"

    def call(method: str, path: str, body: Any = None, **query: str) -> Any:
        answer = session.request(method, url + path, json=body, params=query, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    rule = {
        "name": "queue too long",
        "metricType": "queue_length",
        "condition": "greater_than",
        "threshold": 10,
        "aggregation": "last",
        "duration": 2,
        "groupBy": ["queue"],
        "severity": "high",
    }
    rule_id = call("POST", "/alerts/rules", rule)["id"]
    begin = call("GET", "/events")["next"]

    def send(value: float) -> None:
        snapshot = {"tags": {"queue": "mail"}, "metrics": {"queue_length": value}}
        call("POST", "/metrics", {"snapshots": [snapshot]})

    def states(**query: str) -> list[str]:
        return [alert["state"] for alert in call("GET", "/alerts/active", **query)["alerts"]]

    # when the queue grows, then the alert is pending, and fires two seconds later
    send(40)
    eventually(lambda: states(state="pending") == ["pending"], seconds=PATIENCE)

    def fires() -> bool:
        send(40)
        return states() == ["firing"]

    eventually(fires, seconds=PATIENCE)
    (alert,) = call("GET", "/alerts/active")["alerts"]
    assert (alert["ruleId"], alert["tags"], alert["severity"]) == (rule_id, {"queue": "mail"}, "high")
    assert alert["message"] == "queue too long on queue=mail: queue_length is 40, above 10"

    # and somebody takes it in hand, and it is resolved once the queue is short again
    seen = call("POST", f"/alerts/{alert['id']}/acknowledge", {"comment": "I am on it"})
    assert seen["acknowledgedAt"] is not None

    def is_over() -> bool:
        send(3)
        return states() == []

    eventually(is_over, seconds=PATIENCE)
    told = call("GET", f"/alerts/{alert['id']}")
    assert (told["state"], told["resolvedReason"]) == ("resolved", "recovered")
    assert [step["to"] for step in told["timeline"]] == ["pending", "firing", "resolved"]
    values = [step["evidence"]["conditions"][0]["value"] for step in told["timeline"]]
    assert values == [40, 40, 3]

    # and the feed and the explanation say what happened
    types = [event["type"] for event in call("GET", "/events", after=begin)["events"]]
    assert types == ["alertTriggered", "alertAcknowledged", "alertResolved"]
    explained = call("GET", f"/alerts/{alert['id']}/explain", at=told["firedAt"])
    assert (explained["state"], explained["evidence"]["evidence"]["conditions"][0]["value"]) == ("firing", 40)
