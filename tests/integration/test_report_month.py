"""The report of a generated month whose true answers are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.call import Api
from tests.integration.test_reports import DAY, HOUR, JANUARY, REPORT, record

QUARTER = HOUR // 4
MONTH = {"period": "monthly", "startDate": "2024-01-01", "endDate": "2024-01-31"}
BUCKETS = 31 * 96


def test_a_month_tells_what_was_planted_in_it_and_nothing_else(api: Api, drain: Callable[[], Any]) -> None:
    random = np.random.default_rng(4)
    times = [JANUARY + place * QUARTER for place in range(BUCKETS)]
    earlier = [at - 31 * DAY for at in times]
    day = 1 + 0.3 * np.sin(np.arange(BUCKETS) / 96 * 2 * np.pi)
    swing = np.repeat(random.normal(0, 0.25, BUCKETS // 4), 4)  # every hour is as it is, by chance
    response = 200 * day * np.exp(swing + random.normal(0, 0.1, BUCKETS))
    before = 250 * day * np.exp(random.normal(0, 0.27, BUCKETS))
    # An hour later, people order less where they had to wait; what they click at does not care.
    orders = 50 - 40 * np.concatenate([np.zeros(4), swing[:-4]]) + random.normal(0, 3, BUCKETS)
    clicks = random.poisson(20, BUCKETS)
    cpu = 40 + random.normal(0, 5, BUCKETS)

    record(api, "response_time", "ms", zip(times, response.tolist(), strict=True), endpoint="/a")
    record(api, "response_time", "ms", zip(earlier, before.tolist(), strict=True), endpoint="/a")
    record(api, "orders", "count", zip(times, orders.tolist(), strict=True))
    record(api, "clicks", "count", zip(times, clicks.tolist(), strict=True))
    record(api, "cpu_usage", "percent", zip(times, cpu.tolist(), strict=True), host="web-3")
    record(api, "cpu_usage", "percent", zip(earlier, np.roll(cpu, 7).tolist(), strict=True), host="web-3")
    hours = np.arange(31 * 24)
    disk = 82 - 2 * (31 - hours / 24) + random.normal(0, 0.4, len(hours))
    disks = zip((JANUARY + hours * HOUR).tolist(), disk.tolist(), strict=True)
    record(api, "disk_usage", "percent", disks, host="web-3", mount="/")
    drain()

    body = api.get(REPORT, **MONTH).body

    assert body["metrics"]["averageResponseTime"] == pytest.approx(response.mean(), rel=0.001)
    for name in ("p50", "p95", "p99"):
        truth = np.percentile(response, float(name[1:]))
        assert body["responseTime"][name] == pytest.approx(truth, rel=0.01)
    satisfied, tolerated = (response <= 500).mean(), (response <= 2000).mean()
    assert body["responseTime"]["apdex"] == pytest.approx((satisfied + tolerated) / 2, abs=0.001)
    trends = {each["metricType"]: each for each in body["trends"]}
    assert trends["response_time"]["trend"] == "decreasing"
    change = 100 * (before.mean() - response.mean()) / before.mean()
    assert trends["response_time"]["changePercent"] == pytest.approx(change, abs=0.1)
    assert trends["cpu_usage"]["trend"] == "stable"
    (forecast,) = body["forecasts"]
    assert forecast["daysUntilFull"] == pytest.approx(9, rel=0.1)
    assert "Disk on web-3 is full in about 9 days at the present rate" in body["recommendations"]
    (impact,) = body["businessImpact"]
    assert (impact["performance"], impact["business"], impact["lagMinutes"]) == ("p95 response time", "orders", 60)
    assert impact["rho"] < -0.6
    assert impact["sentence"].startswith("When p95 response time rises, orders falls 60 min later (rho -0.")
    assert body["coverage"]["percent"] == 100
    assert len(body["series"]["points"]) == 31
