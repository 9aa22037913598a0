"""The specification's own examples, compiled and run against the real service."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from chalicelib.wiring import ticking
from tests.call import Api
from tests.clients.js.conftest import Service
from tests.clients.js.workshop import Workshop

SPEC = Path(__file__).parent / "spec"
PROGRAMS = Path(__file__).parent / "programs"
NEW = "new PerformanceMonitoringService(process.env.PERFMON_URL!, process.env.PERFMON_TOKEN!)"

pytestmark = pytest.mark.xdist_group("js")  # one installation, one compiler at a time


def example(name: str) -> str:
    """An example of the specification; only what it imports from where, and the constructor, are adapted."""
    code: str
    (code,) = re.findall(r"```typescript\n(.*?)```", (SPEC / f"{name}.md").read_text(encoding="utf-8"), re.DOTALL)
    code = code.replace("'./services/performance-monitoring.service'", "'perfmon-client'")
    return code.replace("new PerformanceMonitoringService(prisma, redis)", NEW)


def program(name: str) -> str:
    """A program of these tests."""
    return (PROGRAMS / name).read_text(encoding="utf-8")


def test_the_examples_of_the_usage_chapter_run_as_they_are_written(workshop: Workshop, service: Service) -> None:
    chapters = ("recording", "events", "alert-rules", "reports", "debugging")
    workshop.write("usage.ts", "\n".join(example(each) for each in chapters))
    workshop.compile()

    said = workshop.run("usage.js", service.url, service.token)

    assert "Average response time: null" in said
    assert "System health: {" in said
    assert "Active alerts: []" in said
    assert "name: 'High Project Creation Rate'" in said
    assert "Metric recorded: response_time 245\n" in said
    assert "Metric recorded: project_created 1\n" in said
    recorded = service.get("/monitoring/metrics/realtime", types="response_time,project_created")
    assert recorded["response_time"][0]["tags"] == {"endpoint": "/api/projects", "method": "GET"}
    assert [sample["value"] for sample in recorded["project_created"]] == [1]
    rules = service.get("/monitoring/alerts/rules")["rules"]
    assert "High Project Creation Rate" in [rule["name"] for rule in rules]


@pytest.mark.parametrize("express", ["express4", "express"])
def test_the_middleware_of_the_specification_makes_six_percent_of_six_in_a_hundred(
    workshop: Workshop, service: Service, express: str
) -> None:
    app = example("express").replace("'express'", f"'{express}'")
    workshop.write("app.ts", app + program("hundred-requests.ts"))
    workshop.compile()

    workshop.run("app.js", service.url, service.token)

    assert rate(service) == 6.0


@pytest.mark.parametrize("express", ["express4", "express"])
def test_the_middleware_of_the_client_makes_six_percent_of_six_in_a_hundred(
    workshop: Workshop, service: Service, express: str
) -> None:
    workshop.write(
        "app.ts", program("middleware.ts").replace("'express'", f"'{express}'") + program("hundred-requests.ts")
    )
    workshop.compile()

    workshop.run("app.js", service.url, service.token)

    assert rate(service) == 6.0
    assert rate(service, tags="endpoint:/api/projects") == 6.0


def test_the_dashboards_of_the_specification_and_of_the_client_show_the_services_health(
    workshop: Workshop, service: Service
) -> None:
    imports = "import type React from 'react';\nimport type { HealthCheck } from 'perfmon-client/react';\n"
    workshop.write("dashboard.tsx", imports + example("react"))
    workshop.write("page.mjs", program("page.mjs"))
    workshop.compile()

    said = workshop.run("page.mjs", service.url, service.token)

    shown = [part.splitlines() for part in said.split("--\n")[1:]]
    assert len(shown) == 2
    for lines in shown:
        assert lines[0].startswith("System Health: ")
        assert {"Response Time", "Error Rate", "Memory Usage", "Active Alerts"} <= set(lines)


def test_an_alert_that_fires_is_acknowledged_and_resolved_through_the_client(
    workshop: Workshop, service: Service
) -> None:
    workshop.write("watch.ts", program("watch.ts"))
    workshop.compile()

    with workshop.start("watch.js", service.url, service.token) as watching:
        assert watching.stdout is not None
        assert watching.stdout.readline() == "watching\n"
        now = time.time_ns() // 1_000_000
        sample = {"tags": {"host": "web-1"}, "timestamp": now, "metrics": {"cpu_usage": 99}}
        with service.turn:
            Api(service.token).post("/monitoring/metrics", {"snapshots": [sample]})
            tick = now - now % 10_000 + 10_000
            assert ticking.tick().run(tick, now=tick).failed == []
        said, _ = watching.communicate(timeout=60)

    assert watching.returncode == 0, said
    assert said.splitlines() == [
        "alertTriggered firing",
        "alertAcknowledged by us",
        "alertResolved manual",
        "active 0",
    ]


def rate(service: Service, **query: str) -> float:
    """The error rate in one step that holds everything."""
    found = service.get("/monitoring/metrics/query", metricType="error_rate", from_="-5m", step="1h", **query)
    (series,) = found["series"]
    return float(series["points"][-1][1])
