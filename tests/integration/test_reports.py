"""Reports over back-filled samples whose true answers are known."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.call import Api

METRICS = "/monitoring/metrics"
REPORT = "/monitoring/reports/performance"
HOUR = 3_600_000
DAY = 24 * HOUR
JANUARY = 1_704_067_200_000  # 2024-01-01T00:00:00Z
EVENT = {
    "resource": REPORT,
    "path": REPORT,
    "httpMethod": "GET",
    "headers": {},
    "pathParameters": None,
    "stageVariables": None,
    "requestContext": {
        "resourcePath": REPORT,
        "httpMethod": "GET",
        "requestId": "request-1",
        "stage": "api",
        "identity": {"sourceIp": "127.0.0.1"},
    },
    "body": None,
    "isBase64Encoded": False,
}
SPEC = {"period": "daily", "startDate": "2024-01-01", "endDate": "2024-01-07"}


def record(api: Api, metric: str, unit: str, samples: Iterable[tuple[int, float]], **tags: str) -> None:
    """Record events of one metric."""
    bodies = [
        {"metricType": metric, "unit": unit, "value": value, "timestamp": at, "tags": tags} for at, value in samples
    ]
    for first in range(0, len(bodies), 5000):
        assert api.post(METRICS, bodies[first : first + 5000]).body["rejected"] == 0


def hourly(value: float, days: Iterable[int], wobble: float = 0.0) -> list[tuple[int, float]]:
    """A value every hour of some days of January 2024, going up and down around it."""
    return [
        (JANUARY + day * DAY + hour * HOUR, value + wobble * (1 if hour % 2 else -1))
        for day in days
        for hour in range(24)
    ]


@pytest.fixture
def january(api: Api, drain: Callable[[], Any]) -> Api:
    """The specification's week, and the one before it in which responses took an eighth longer."""
    week, before = range(7), range(-7, 0)
    record(api, "response_time", "ms", hourly(245.5, week, 20), endpoint="/api/projects")
    record(api, "response_time", "ms", hourly(245.5 / 0.875, before, 20), endpoint="/api/projects")
    for metric, unit, value in (
        ("error_rate", "percent", 1.2),
        ("throughput", "requests/s", 150.3),
        ("active_users", "count", 1250),
        ("system_load", "load", 0.65),
        ("memory_usage", "percent", 72.3),
        ("cpu_usage", "percent", 45.8),
    ):
        record(api, metric, unit, hourly(value, (*before, *week)))
    drain()
    return api


def test_the_specifications_report_is_answered_as_written_there(january: Api) -> None:
    body = january.get(REPORT, **SPEC).body

    assert list(body)[:7] == ["period", "startDate", "endDate", "metrics", "trends", "alerts", "recommendations"]
    assert body["period"] == "daily"
    assert body["startDate"] == "2024-01-01T00:00:00.000Z"
    assert body["endDate"] == "2024-01-07T23:59:59.999Z"
    assert body["metrics"] == {
        "averageResponseTime": 245.5,
        "errorRate": 1.2,
        "throughput": 150.3,
        "activeUsers": 1250,
        "systemLoad": 0.65,
        "memoryUsage": 72.3,
        "cpuUsage": 45.8,
    }
    first = body["trends"][0]
    assert (first["metricType"], first["trend"], first["changePercent"]) == ("response_time", "decreasing", 12.5)
    assert {each["trend"] for each in body["trends"][1:]} == {"stable"}
    assert body["alerts"] == []
    assert body["recommendations"] == [
        "Response times have improved by 12.5% this week",
        "Consider optimizing memory usage as it's approaching 75%",
    ]


def test_what_goes_beyond_the_specification_stands_behind_it(january: Api) -> None:
    body = january.get(REPORT, **SPEC).body

    assert body["title"] == "Daily report, 1–7 Jan 2024: all well"
    assert body["responseTime"] == {"p50": 245.5, "p95": 265.5, "p99": 265.5, "apdex": 1, "apdexThreshold": 500}
    assert body["previousPeriod"]["startDate"] == "2023-12-25T00:00:00.000Z"
    assert body["previousPeriod"]["metrics"]["averageResponseTime"] == pytest.approx(280.57)
    assert body["series"]["step"] == "1d"
    assert [point["averageResponseTime"] for point in body["series"]["points"]] == [245.5] * 7
    assert body["coverage"] == {"percent": 100, "gaps": [], "metrics": dict.fromkeys(body["coverage"]["metrics"], 100)}
    assert body["slowestEndpoints"][0]["endpoint"] == "/api/projects"
    assert body["slowestEndpoints"][0]["requests"] == 168
    details = body["recommendationDetails"]
    assert [each["id"] for each in details] == ["response_time_improved", "memory_near_limit"]
    assert details[0]["evidence"]["pValue"] < 0.05


def test_events_alone_give_error_rate_and_throughput(api: Api, drain: Callable[[], Any]) -> None:
    minutes = [(JANUARY + minute * 60_000, 100.0) for minute in range(24 * 60)]
    record(api, "response_time", "ms", minutes, endpoint="/a", method="GET")
    record(api, "response_time", "ms", minutes[::2], endpoint="/b", method="GET")
    record(api, "error_rate", "count", [(at, 1.0) for at, _ in minutes[::20]], endpoint="/b")
    drain()

    body = api.get(REPORT, startDate="2024-01-01", endDate="2024-01-01").body

    assert body["metrics"]["errorRate"] == pytest.approx(100 * 72 / 2160, abs=0.01)
    assert body["metrics"]["throughput"] == pytest.approx(2160 / 86_400, abs=0.005)
    assert body["failingEndpoints"] == [
        {"endpoint": "/b", "requests": 720, "averageResponseTime": 100, "p95": 100, "errorRate": 10}
    ]
    assert "error_rate_high" in [each["id"] for each in body["recommendationDetails"]]
    assert body["series"]["step"] == "1h"
    assert body["trends"] == []


def test_a_gap_is_shown_and_never_averaged_away(api: Api, drain: Callable[[], Any]) -> None:
    samples = [each for each in hourly(50, range(2)) if not 6 <= (each[0] - JANUARY) // HOUR < 18]
    record(api, "cpu_usage", "percent", samples, host="web-1")
    drain()

    body = api.get(REPORT, startDate="2024-01-01", endDate="2024-01-02").body

    assert body["metrics"]["cpuUsage"] == 50
    assert body["coverage"]["percent"] == 75
    assert body["coverage"]["gaps"] == [{"from": "2024-01-01T06:00:00.000Z", "to": "2024-01-01T18:00:00.000Z"}]
    assert [point["cpuUsage"] for point in body["series"]["points"]][5:7] == [50, None]
    assert "data_missing" in [each["id"] for each in body["recommendationDetails"]]


def test_users_are_counted_once_where_nobody_records_how_many_there_are(api: Api, drain: Callable[[], Any]) -> None:
    for number in range(30):
        tags = {"userId": f"user-{number % 10}"}
        api.post(METRICS, {"metricType": "response_time", "value": 10, "unit": "ms", "tags": tags})
    drain()

    live = api.get(REPORT, startDate="-30m", endDate="now").body
    old = api.get(REPORT, startDate="-100h", endDate="now").body

    assert live["metrics"]["activeUsers"] == 10
    assert old["metrics"]["activeUsers"] == 10
    assert live["previousPeriod"]["metrics"]["activeUsers"] in (None, 10)


def test_no_data_is_null_and_a_sentence(api: Api) -> None:
    body = api.get(REPORT, **SPEC).body
    assert set(body["metrics"].values()) == {None}
    assert body["trends"] == []
    assert body["notes"] == ["Nothing was recorded in this period: every figure is null, none is zero."]
    assert body["recommendations"][0].startswith("Nothing was recorded in this period")
    assert body["verdict"] == "no data"


def test_days_are_those_of_the_zone(api: Api, drain: Callable[[], Any]) -> None:
    # 23:30 UTC on New Year's Eve is New Year's Day in Kolkata, whose days begin at half past six in the evening
    record(api, "cpu_usage", "percent", [(JANUARY - 6 * HOUR, 10.0), (JANUARY - 5 * HOUR, 20.0)])
    drain()

    body = api.get(REPORT, period="weekly", startDate="2024-01-01", endDate="2024-01-07", timezone="Asia/Kolkata").body

    assert body["startDate"] == "2023-12-31T18:30:00.000Z"
    assert body["timezone"] == "Asia/Kolkata"
    assert body["metrics"]["cpuUsage"] == 20
    assert len(body["series"]["points"]) == 7


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"period": "yearly"}, "period"),
        ({"startDate": "2024-01-07", "endDate": "2024-01-01"}, "endDate"),
        ({"startDate": "2999-01-01"}, "startDate"),
        ({"startDate": "2014-01-01", "endDate": "2024-01-01"}, "startDate"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"start": "2024-01-01"}, "start"),
    ],
)
def test_bad_input_names_the_field(api: Api, query: dict[str, str], field: str) -> None:
    reply = api.get(REPORT, **query)
    assert (reply.status, reply.body["field"]) == (400, field)


def test_a_metric_in_units_that_do_not_mix_is_left_out_and_the_report_says_so(
    january: Api, drain: Callable[[], Any]
) -> None:
    record(january, "orders", "count", hourly(1, range(7)))
    record(january, "orders", "ms", hourly(1, range(7)), kind="business")
    drain()
    body = january.get(REPORT, **SPEC).body
    assert len(body["notes"]) == 1
    assert body["notes"][0].startswith("orders is not in this report: unit: recorded in count, ms")
    assert body["metrics"]["averageResponseTime"] == 245.5


def raw(api: Api, **query: str) -> tuple[int, str, str]:
    """Status, content type and text of a reply that is no JSON."""
    event = json.loads(json.dumps(EVENT)) | {"queryStringParameters": query}
    event["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()}
    event["headers"] = {"Authorization": f"Bearer {api.token}", "Accept": "text/html,*/*"}
    import app

    reply = app.app(event, None)
    return reply["statusCode"], reply["headers"]["Content-Type"], reply["body"]


def test_a_report_comes_as_a_page_or_as_csv_too(january: Api) -> None:
    for_browsers = raw(january, **SPEC)
    as_csv = raw(january, **SPEC, format="csv")
    refused = january.get(REPORT, **SPEC, format="pdf")

    assert for_browsers[:2] == (200, "text/html; charset=utf-8")
    assert "Response times have improved by 12.5% this week" in for_browsers[2]
    assert as_csv[:2] == (200, "text/csv; charset=utf-8")
    assert as_csv[2].splitlines()[1] == "2024-01-01T00:00:00.000Z,245.5,1.2,150.3,1250,0.65,72.3,45.8"
    assert (refused.status, refused.body["field"]) == (400, "format")
