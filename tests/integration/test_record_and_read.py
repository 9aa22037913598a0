"""What goes in through the metrics API comes out of it, live, before and after the drain."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.call import SPEC_METRIC, Api

METRICS = "/monitoring/metrics"
QUERY = f"{METRICS}/query"
REALTIME = f"{METRICS}/realtime"


def values(body: dict[str, Any]) -> list[float]:
    """All values of a query's answer."""
    return [value for series in body["series"] for _, value in series["points"]]


def test_the_metric_of_the_specification_is_recorded_and_read_live(api: Api) -> None:
    recorded = api.post(METRICS, SPEC_METRIC)
    live = api.get(REALTIME, types="response_time,error_rate")

    assert (recorded.status, recorded.body) == (202, {"accepted": 1, "rejected": 0})
    assert live.body == {"response_time": [SPEC_METRIC], "error_rate": []}


@pytest.mark.parametrize("when", ["before the drain", "after the drain"])
def test_a_sample_of_two_years_ago_is_found_by_a_query(api: Api, drain: Callable[[], Any], when: str) -> None:
    api.post(METRICS, SPEC_METRIC)
    if when == "after the drain":
        drain()

    found = api.get(
        QUERY, metricType="response_time", from_="2024-01-15T10:00:00Z", to="2024-01-15T11:00:00Z", step="60"
    )

    assert found.body["series"] == [{"tags": {}, "points": [[1705314600000, 250.0]]}]
    assert (found.body["unit"], found.body["step"], found.body["tier"]) == ("ms", 60, "raw")


@pytest.mark.parametrize(
    "body",
    [
        {"metricType": "orders", "value": 2, "unit": "count", "tags": {"shop": "a"}},
        [{"metricType": "orders", "value": 2, "unit": "count", "tags": {"shop": "a"}}],
        {"metrics": [{"metricType": "orders", "value": 2, "unit": "count", "tags": {"shop": "a"}}]},
        {"snapshots": [{"tags": {"shop": "a"}, "metrics": {"orders": 2}, "units": {"orders": "count"}}]},
    ],
)
def test_every_form_of_the_body_says_the_same(api: Api, body: object) -> None:
    assert api.post(METRICS, body).status == 202
    (point,) = api.get(REALTIME, types="orders").body["orders"]
    assert (point["value"], point["unit"], point["tags"]) == (2, "count", {"shop": "a"})


@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress, lambda raw: zlib.compress(raw)[2:-4]])
def test_compressed_bodies_are_read(api: Api, compress: Callable[[bytes], bytes]) -> None:
    raw = json.dumps({"metricType": "orders", "value": 2}).encode()
    reply = api.post(METRICS, compress(raw), Content_Encoding="deflate")
    assert reply.body == {"accepted": 1, "rejected": 0}


def test_every_event_counts_also_equal_ones_of_the_same_millisecond(api: Api, drain: Callable[[], Any]) -> None:
    event = {"metricType": "response_time", "value": 3, "timestamp": int(time.time() * 1000)}
    api.post(METRICS, [event, event])
    api.post(METRICS, event)
    drain()
    api.post(METRICS, event)

    found = api.get(QUERY, metricType="response_time", aggregation="count", from_="-5m", to="now")

    assert sum(values(found.body)) == 4


def test_a_snapshot_sent_again_changes_nothing_and_the_last_value_of_a_time_stands(
    api: Api, drain: Callable[[], Any]
) -> None:
    def snapshot(value: float) -> dict[str, Any]:
        metrics = {"cpu_usage": value}
        return {"snapshots": [{"tags": {"host": "a"}, "timestamp": "2026-01-01T00:00:05Z", "metrics": metrics}]}

    api.post(METRICS, snapshot(10))
    api.post(METRICS, snapshot(10))
    drain()
    api.post(METRICS, snapshot(30))

    for aggregation, expected in (("count", 1), ("avg", 30)):
        found = api.get(
            QUERY,
            metricType="cpu_usage",
            aggregation=aggregation,
            from_="2026-01-01T00:00:00Z",
            to="2026-01-01T01:00:00Z",
        )
        assert values(found.body) == [expected]


def test_a_request_repeated_under_its_idempotency_key_counts_once(api: Api) -> None:
    event = {"metricType": "project_created", "value": 1}
    for _ in range(3):
        assert api.post(METRICS, event, Idempotency_Key="k-1").body == {"accepted": 1, "rejected": 0}
    other = api.post(METRICS, event | {"value": 2}, Idempotency_Key="k-1")

    assert other.status == 422
    assert len(api.get(REALTIME, types="project_created").body["project_created"]) == 1


def test_an_idempotency_key_belongs_to_its_token(api: Api) -> None:
    other = Api(api.post("/monitoring/tokens", {"name": "b", "scopes": ["ingest"]}).body["token"])
    for caller in (api, other):
        caller.post(METRICS, {"metricType": "project_created", "value": 1}, Idempotency_Key="same")
    assert len(api.get(REALTIME, types="project_created").body["project_created"]) == 2


def test_groups_and_matchers_choose_series(api: Api, drain: Callable[[], Any]) -> None:
    hosts = {"a": ("eu", 10), "b": ("eu", 20), "c": ("us", 60)}
    api.post(
        METRICS,
        {"snapshots": [{"tags": {"host": h, "region": r}, "metrics": {"cpu_usage": v}} for h, (r, v) in hosts.items()]},
    )
    drain()

    def averages(**query: str) -> dict[str, float]:
        found = api.get(QUERY, metricType="cpu_usage", from_="-5m", to="now", **query).body["series"]
        return {",".join(series["tags"].values()): series["points"][0][1] for series in found}

    assert averages() == {"": 30}
    assert averages(groupBy="region") == {"eu": 15, "us": 60}
    assert averages(groupBy="region,host", tags="region:eu") == {"eu,a": 10, "eu,b": 20}
    assert averages(groupBy="host", tags='{"region": "!eu"}') == {"c": 60}


def test_high_cardinality_tags_stay_out_of_series_and_paths_lose_their_ids(api: Api) -> None:
    for user, path in (("u1", "/api/projects/1?page=2"), ("u2", "/api/projects/2")):
        api.post(METRICS, {"metricType": "response_time", "value": 5, "tags": {"userId": user, "endpoint": path}})

    points = api.get(REALTIME, types="response_time").body["response_time"]

    assert [point["tags"] for point in points] == [{"endpoint": "/api/projects/:id"}] * 2


def test_the_live_window_is_bounded_and_says_when_it_is_cut_short(api: Api) -> None:
    event = {"metricType": "response_time", "value": 1}
    api.post(METRICS, [event] * 1200)
    api.post(METRICS, event | {"value": 2})

    live = api.get(REALTIME, types="response_time")

    assert len(live.body["response_time"]) == 1000
    assert live.headers["X-Truncated"] == "true"
    assert live.body["response_time"][0]["value"] == 2


def test_units_of_one_family_convert_and_others_are_never_mixed(api: Api) -> None:
    for unit in ("ms", "s"):
        api.post(METRICS, {"metricType": "wait", "value": 1, "unit": unit})
    converted = api.get(QUERY, metricType="wait", aggregation="max", from_="-5m", step="1h").body
    in_seconds = api.get(QUERY, metricType="wait", aggregation="sum", unit="s", from_="-5m", step="1h").body
    api.post(METRICS, {"metricType": "wait", "value": 7, "unit": "requests"})
    mixed = api.get(QUERY, metricType="wait", from_="-5m")
    chosen = api.get(QUERY, metricType="wait", aggregation="sum", unit="s", from_="-5m", step="1h").body

    assert (converted["unit"], max(values(converted))) == ("ms", 1000)
    assert in_seconds["unit"] == "s"
    assert sum(values(in_seconds)) == pytest.approx(1.001)
    assert (mixed.status, mixed.body["field"]) == (400, "unit")
    assert sum(values(chosen)) == pytest.approx(1.001)


def test_counters_rise_over_resets_and_rates_are_per_second(api: Api, drain: Callable[[], Any]) -> None:
    begin = 1_767_225_600_000
    counts = [100, 110, 130, 5, 15]  # the counter began again between 130 and 5
    for place, count in enumerate(counts):
        snapshot = {"timestamp": begin + place * 10_000, "tags": {"host": "a"}, "metrics": {"requests_total": count}}
        api.post(METRICS, {"snapshots": [snapshot]})
        drain()

    def points(aggregation: str) -> list[float]:
        window = {"from_": str(begin + 10_000), "to": str(begin + 50_000)}
        return values(api.get(QUERY, metricType="requests_total", aggregation=aggregation, step="10", **window).body)

    assert points("increase") == [10, 20, 5, 10]
    assert points("rate") == [1, 2, 0.5, 1]


def test_percentiles_and_spread_are_of_the_samples_themselves(api: Api) -> None:
    at = "2026-01-01T00:00:01Z"
    api.post(METRICS, [{"metricType": "wait", "value": value, "timestamp": at} for value in range(1, 102)])

    def of(aggregation: str) -> float:
        window = {"from_": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:01:00Z", "step": "60"}
        (value,) = values(api.get(QUERY, metricType="wait", aggregation=aggregation, **window).body)
        return value

    assert (of("p50"), of("p95"), of("p99")) == (51, 96, 100)
    assert of("p99.9") == pytest.approx(100.9)
    assert of("stddev") == pytest.approx(29.154759474)


@pytest.mark.parametrize(
    ("fill", "expected"),
    [("none", [1, 3]), ("null", [1, None, 3, None]), ("previous", [1, 1, 3, 3]), ("zero", [1, 0, 3, 0])],
)
def test_steps_without_samples_are_filled_as_asked(api: Api, fill: str, expected: list[float | None]) -> None:
    begin = 1_767_225_600_000
    metric = {"metricType": "wait"}
    api.post(METRICS, [metric | {"value": v, "timestamp": begin + at * 10_000} for at, v in ((0, 1), (2, 3))])
    found = api.get(QUERY, metricType="wait", fill=fill, step="10", from_=str(begin), to=str(begin + 40_000))
    assert values(found.body) == expected


def test_topk_keeps_the_groups_with_the_highest_averages(api: Api) -> None:
    snapshots = [{"tags": {"host": h}, "metrics": {"cpu_usage": v}} for h, v in (("a", 1), ("b", 9), ("c", 5))]
    api.post(METRICS, {"snapshots": snapshots})
    found = api.get(QUERY, metricType="cpu_usage", groupBy="host", topk="2", from_="-5m").body
    assert [series["tags"]["host"] for series in found["series"]] == ["b", "c"]
