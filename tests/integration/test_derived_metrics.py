"""The specification's Express middleware records requests and failures; the rate follows from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.call import Api

METRICS = "/monitoring/metrics"


def request(api: Api, *, status: str = "200", endpoint: str = "/api/projects") -> None:
    """What the middleware records for one request."""
    tags = {"endpoint": endpoint, "method": "GET", "statusCode": status}
    api.post(METRICS, {"metricType": "response_time", "value": 12, "unit": "ms", "tags": tags})
    if int(status) >= 400:
        tags = {"endpoint": endpoint, "statusCode": status}
        api.post(METRICS, {"metricType": "error_rate", "value": 1, "unit": "count", "tags": tags})


def rates(api: Api, metric: str = "error_rate", **query: str) -> dict[str, float]:
    """The value by group, over one step that holds everything."""
    found = api.get(f"{METRICS}/query", metricType=metric, from_="-5m", step="1h", **query).body
    return {",".join(series["tags"].values()): series["points"][-1][1] for series in found["series"]}


@pytest.mark.parametrize("when", ["before the drain", "after the drain"])
def test_a_hundred_requests_of_which_six_fail_are_six_percent(api: Api, drain: Callable[[], Any], when: str) -> None:
    for number in range(100):
        request(api, status="500" if number < 6 else "200")
    if when == "after the drain":
        drain()

    live = api.get(f"{METRICS}/realtime", types="error_rate,throughput").body

    assert rates(api) == {"": 6.0}
    assert (live["error_rate"][0]["value"], live["error_rate"][0]["unit"]) == (6, "percent")
    assert len(live["error_rate"]) == 1
    assert live["throughput"][0]["value"] == pytest.approx(100 / 300)
    assert rates(api, "throughput") == {"": pytest.approx(100 / 3600)}


def test_the_rate_is_grouped_by_the_tags_that_both_metrics_carry(api: Api) -> None:
    for endpoint, statuses in (("/a", ["200", "200", "500", "404"]), ("/b", ["200"])):
        for status in statuses:
            request(api, status=status, endpoint=endpoint)
    assert rates(api, groupBy="endpoint") == {"/a": 50.0, "/b": 0.0}
    assert rates(api, groupBy="endpoint", tags="endpoint:/a") == {"/a": 50.0}
    # error events carry no method: it can neither group nor choose
    assert rates(api, groupBy="method") == {"": 40.0}
    assert rates(api, tags="method:GET") == {"": 40.0}
    # of an endpoint that has never failed, none fail
    assert rates(api, tags="endpoint:/b") == {"": 0.0}
    assert rates(api, tags="endpoint:/nowhere") == rates(api, tags="endpont:/a") == {}


@pytest.mark.parametrize("when", ["before the drain", "after the drain"])
def test_the_live_view_chooses_by_the_tags_that_a_query_chooses_by(
    api: Api, drain: Callable[[], Any], when: str
) -> None:
    for status in ("200", "200", "500", "404"):
        request(api, status=status, endpoint="/a")
    request(api, endpoint="/b")
    if when == "after the drain":
        drain()
    for tags, rate, requests in (("endpoint:/a", [50.0], 4), ("method:GET", [40.0], 5), ("endpoint:/b", [], 1)):
        live = api.get(f"{METRICS}/realtime", types="error_rate,throughput", tags=tags).body
        assert [point["value"] for point in live["error_rate"]] == rate
        assert [point["value"] for point in live["throughput"]] == [pytest.approx(requests / 300)]


def test_a_rate_is_chosen_by_the_tags_that_both_metrics_carry(api: Api) -> None:
    for status in ("200", "200", "500", "404"):
        request(api, status=status, endpoint="/a")
    request(api, endpoint="/b")
    assert rates(api, tags="endpoint:/a") == {"": 50.0}
    assert rates(api, tags="endpoint:/b") == {"": 0.0}
    assert rates(api, tags="method:GET") == {"": 40.0}
    assert rates(api, tags="endpoint:/c") == {}


def test_without_requests_there_is_no_rate_rather_than_zero(api: Api) -> None:
    api.post(METRICS, {"metricType": "error_rate", "value": 1, "unit": "count"})
    assert rates(api) == {}
    assert api.get(f"{METRICS}/realtime", types="error_rate").body == {"error_rate": []}


def test_recorded_percentages_and_throughput_are_taken_as_they_are(api: Api) -> None:
    for value in (2, 4):
        api.post(METRICS, {"metricType": "error_rate", "value": value, "unit": "percent"})
    api.post(METRICS, {"metricType": "throughput", "value": 150})
    request(api)
    assert rates(api) == {"": 3.0}
    assert rates(api, "throughput") == {"": 150.0}
    assert len(api.get(f"{METRICS}/realtime", types="error_rate").body["error_rate"]) == 2


def test_the_rate_is_told_although_other_metrics_fill_the_live_window(api: Api) -> None:
    for status in ("500", "200", "200", "200"):
        request(api, status=status)
    names = [f"metric_{number}" for number in range(5)]
    for name in names:
        api.post(METRICS, [{"metricType": name, "value": 1}] * 1000)

    live = api.get(f"{METRICS}/realtime", types=",".join(["error_rate", "throughput", *names])).body

    assert [point["value"] for point in live["error_rate"]] == [25]
    assert [point["value"] for point in live["throughput"]] == [pytest.approx(4 / 300)]
