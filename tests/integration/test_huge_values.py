"""Numbers near the largest one there is: what adds up beyond it is told as that one, and stops nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.call import Api
from tests.integration.live import ALERTS, Live

LARGEST = sys.float_info.max


@pytest.mark.parametrize("aggregation", ["sum", "avg"])
def test_a_total_beyond_all_numbers_fires_and_keeps_no_other_rule_from_firing(live: Live, aggregation: str) -> None:
    huge = live.rule(name="huge", aggregation=aggregation, groupBy=[])
    other = live.rule(name="other", metricType="memory_usage", groupBy=[])
    for host in ("web-1", "web-2", "web-3"):
        live.send(0, {"cpu_usage": 1.7e308, "memory_usage": 95}, host=host)

    live.tick(0)

    assert {alert["ruleId"]: alert["value"] for alert in live.alerts()} == {huge: LARGEST, other: 95}
    (alert,) = live.alerts(ruleId=huge)
    steps = live.api.get(f"{ALERTS}/{alert['id']}").body["timeline"]
    assert [float(step["evidence"]["conditions"][0]["value"]) for step in steps] == [LARGEST, LARGEST]


def test_a_rise_by_more_percent_than_there_are_numbers_fires(live: Live) -> None:
    live.rule(condition="percent_increase", threshold=50, compareTo=60, window=10, aggregation="last")

    states = live.run("1e-9 1e-9 1e-9 1e-9 1e-9 1e-9 1.7e308 1.7e308")

    assert states[-1] == "firing"
    (alert,) = live.alerts()
    assert alert["value"] == LARGEST


def test_queries_health_and_reports_tell_it_as_the_largest_number(api: Api, drain: Callable[[], Any]) -> None:
    huge = {"response_time": 1.7e308, "memory_usage": 1.7e308}
    snapshots = [{"tags": {"host": host}, "metrics": huge} for host in ("web-1", "web-2", "web-3")]
    assert api.post("/monitoring/metrics", {"snapshots": snapshots}).status == 202
    drain()

    queried = api.get("/monitoring/metrics/query", metricType="memory_usage", from_="-5m", aggregation="sum")
    health = api.get("/monitoring/health/system")
    report = api.get("/monitoring/reports/performance", startDate="-1h", endDate="now")

    assert [value for _, value in queried.body["series"][0]["points"]] == [LARGEST]
    shown = {check["name"]: check.get("value") for check in health.body["checks"]}
    assert shown["Response Time"] == LARGEST
    assert report.status == 200
