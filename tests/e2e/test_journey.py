"""One sample's journey with everything real: `make run`'s program, the agent on this very host, HTTP, and kill -9."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.local.program import REPOSITORY
from tests.call import SPEC_METRIC
from tests.infra.local.eventually import eventually
from tests.infra.local.test_stack import Stack

PATIENCE = 60.0


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """The service as `make run` starts it, with a tick and a reading of the agent every second."""
    environment = {"AGENT": "1", "TICK_SECONDS": "1", "PERFMON_INTERVAL": "1", "PERFMON_HOST": "this-host"}
    running = Stack(tmp_path / "local", environment, app=REPOSITORY)
    yield running
    running.process.send_signal(signal.SIGINT)
    running.process.wait(20)
    running.lines.close()


def test_from_this_host_to_stored_readable_data(stack: Stack) -> None:
    # given a running service
    port, token = stack.ready()
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    url = f"http://127.0.0.1:{port}/api/monitoring"

    def get(path: str, **query: str) -> Any:
        return session.get(url + path, params=query, timeout=30).json()

    # when the specification's first two calls are made, then they answer as written there
    recorded = session.post(f"{url}/metrics", json=SPEC_METRIC, timeout=30)
    assert (recorded.status_code, recorded.json()) == (202, {"accepted": 1, "rejected": 0})
    assert get("/metrics/realtime", types="response_time,nothing") == {"response_time": [SPEC_METRIC], "nothing": []}

    # and the agent's figures of this machine arrive, are drained, and can be queried
    def points(metric: str) -> list[list[float]]:
        found = get("/metrics/query", **{"metricType": metric, "from": "-5m", "step": "1s", "groupBy": "host"})
        return [
            point for series in found["series"] for point in series["points"] if series["tags"]["host"] == "this-host"
        ]

    eventually(lambda: len(points("memory_usage")) >= 3, seconds=PATIENCE)
    assert all(0 < value < 100 for _, value in points("memory_usage"))
    eventually(lambda: len(points("cpu_usage")) >= 1, seconds=PATIENCE)
    eventually(lambda: get("/health/ready")["checks"][0]["drainedSamples"] > 20, seconds=PATIENCE)

    # and when parts are killed, then nothing that was accepted is missing
    accepted = 0
    for part in ("valkey", "postgres", "functions", "api"):
        os.kill(stack.family()[part], signal.SIGKILL)
        for number in range(5):
            event = {"metricType": "orders", "value": 1}
            _send_until_accepted(session, f"{url}/metrics", event, key=f"{part}-{number}")
            accepted += 1
    eventually(lambda: _status(session, f"{url}/health/ready") == 200, seconds=PATIENCE)

    def counted() -> float:
        found = get("/metrics/query", metricType="orders", aggregation="count", step="1h", **{"from": "-10m"})
        return float(sum(value for series in found.get("series", []) for _, value in series["points"]))

    eventually(lambda: counted() == accepted, seconds=PATIENCE)
    checks = get("/health/ready")["checks"]
    assert checks[0]["lostFrames"] == 0


def _send_until_accepted(session: requests.Session, url: str, body: dict[str, Any], *, key: str) -> None:
    def accepted() -> bool:
        try:
            return session.post(url, json=body, headers={"Idempotency-Key": key}, timeout=30).status_code == 202
        except requests.ConnectionError:
            return False

    eventually(accepted, seconds=PATIENCE)


def _status(session: requests.Session, url: str) -> int:
    try:
        return session.get(url, timeout=30).status_code
    except requests.ConnectionError:
        return 0
