"""What comes in by the protocols of others is read back through our API."""

from __future__ import annotations

import base64
import gzip
import json
import time
from collections.abc import Callable

import pytest

from chalicelib.wiring import ticking
from tests.call import Api
from tests.otlp import gauge, request
from tests.remote_write import STALE, block, series, write_request

WRITE = "/prometheus/api/v1/write"
OTLP = "/otlp/v1/metrics"
PROTOBUF = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}


def test_what_prometheus_writes_is_read_live_and_writing_it_twice_changes_nothing(api: Api) -> None:
    now = time.time_ns() // 1_000_000
    labels = {"__name__": "node_load1", "instance": "a:9100", "job": "node"}
    body = block(write_request(series(labels, [(now - 1000, 0.5), (now, STALE)])))

    replies = [api.raw("POST", WRITE, body, headers=PROTOBUF)["statusCode"] for _ in range(2)]
    found = api.get("/monitoring/metrics/query", metricType="node_load1", from_="-1m", to="now", aggregation="count")

    assert replies == [204, 204]
    assert sum(value for each in found.body["series"] for _, value in each["points"]) == 1


def test_one_bad_series_makes_it_400_and_the_good_one_is_kept(api: Api) -> None:
    now = time.time_ns() // 1_000_000
    good = series({"__name__": "good_one"}, [(now, 1.0)])
    bad = series({"__name__": "bad name"}, [(now, 1.0)])

    refused = api.call("POST", WRITE, block(write_request(good, bad)), headers=PROTOBUF)
    live = api.get("/monitoring/metrics/realtime", types="good_one")

    assert (refused.status, refused.body["errors"][0]["index"]) == (400, 1)
    assert [point["value"] for point in live.body["good_one"]] == [1]
    assert api.call("POST", WRITE, b"no snappy", headers=PROTOBUF).status == 400


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/x-protobuf;proto=io.prometheus.write.v2.Request", 415),
        ('application/x-protobuf; Proto="io.prometheus.write.v2.Request"', 415),
        ("application/x-protobuf;proto=prometheus.WriteRequest", 204),
        ("", 204),
    ],
)
def test_a_remote_write_of_another_version_is_refused_so_that_its_sender_falls_back(
    api: Api, content_type: str, status: int
) -> None:
    body = block(write_request(series({"__name__": "of_a_version"}, [(time.time_ns() // 1_000_000, 1.0)])))
    answered = api.raw("POST", WRITE, body, headers={**PROTOBUF, "Content-Type": content_type})
    assert answered["statusCode"] == status


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_what_opentelemetry_exports_is_read_live(api: Api, compress: Callable[[bytes], bytes]) -> None:
    name = f"otel.{compress.__name__}"
    body = compress(request(gauge(name, 7, time.time_ns(), {"route": "/x"}), {"host.name": "web-1"}))

    answered = api.raw("POST", OTLP, body, headers={"Content-Type": "application/x-protobuf"})
    (point,) = api.get("/monitoring/metrics/realtime", types=name).body[name]

    assert (answered["statusCode"], answered["body"]) == (200, "")
    assert (point["value"], point["tags"]) == (7, {"host": "web-1", "route": "/x"})


def test_what_was_not_taken_is_told_as_partial_success(api: Api) -> None:
    body = request(gauge("otel.old", 7, 0, {}), {})

    answered = api.raw("POST", OTLP, body, headers={"Content-Type": "application/x-protobuf"})

    assert answered["statusCode"] == 200
    assert b"\x08\x01" in base64.b64decode(answered["body"])[:6]


def test_an_export_in_json_is_read_live_and_answered_in_json(api: Api) -> None:
    point = {"asInt": "7", "timeUnixNano": str(time.time_ns()), "attributes": [tag("route", "/x")]}
    resource = {"attributes": [tag("host.name", "web-1")]}
    metrics = [{"name": "otel.json", "gauge": {"dataPoints": [point, {**point, "timeUnixNano": "0"}]}}]
    body = {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": metrics}]}]}

    answered = api.post(OTLP, gzip.compress(json.dumps(body).encode()))
    (read,) = api.get("/monitoring/metrics/realtime", types="otel.json").body["otel.json"]

    assert (answered.status, answered.body["partialSuccess"]["rejectedDataPoints"]) == (200, "1")
    assert (read["value"], read["tags"]) == (7, {"host": "web-1", "route": "/x"})
    assert api.post(OTLP, {}).body == {}


def tag(key: str, value: str) -> dict[str, object]:
    """An attribute in JSON."""
    return {"key": key, "value": {"stringValue": value}}


def test_errors_are_a_status_in_the_form_of_the_request(api: Api) -> None:
    in_json = api.post(OTLP, "no JSON")
    in_protobuf = api.raw("POST", OTLP, b"\xff", headers={"Content-Type": "application/x-protobuf", "Accept": ""})
    stranger = Api("nobody").raw("POST", OTLP, b"", headers={"Content-Type": "application/x-protobuf"})

    assert (in_json.status, in_json.body["code"]) == (400, 3)
    assert (in_protobuf["statusCode"], base64.b64decode(in_protobuf["body"])[:2]) == (400, b"\x08\x03")
    assert (stranger["statusCode"], base64.b64decode(stranger["body"])[:2]) == (401, b"\x08\x10")


STEP_NS = 300 * 10**9


def just_now() -> int:
    """Epoch ns: a moment, the two minutes before which lie in one step of five minutes, as does the time until `to`."""
    return time.time_ns() // STEP_NS * STEP_NS - 60 * 10**9


def p95(api: Api, name: str, now: int, **more: str) -> list[tuple[dict[str, str], float]]:
    """The 95th percentile of the two minutes before `now`, by the tags grouped by, and its unit among them."""
    between = {"from_": str(now // 10**6 - 120_000), "to": str(now // 10**6 + 1000)}
    asked = {"metricType": name, **between, "step": "5m", "aggregation": "p95", **more}
    body = api.get("/monitoring/metrics/query", **asked).body
    return [({**each["tags"], "unit": body["unit"]}, each["points"][-1][1]) for each in body["series"]]


def test_a_percentile_of_a_cumulated_histogram_is_of_what_came_in_the_range(api: Api) -> None:
    now = just_now()
    point = {"aggregationTemporality": 2}
    for seconds, counts in ((20, [500, 0, 0]), (10, [540, 40, 0]), (0, [560, 120, 0])):
        data = {"timeUnixNano": now - seconds * 10**9, "bucketCounts": counts, "explicitBounds": [10, 20], "sum": 1}
        send(api, {"name": "took", "unit": "ms", "histogram": {**point, "dataPoints": [data]}})

    ((told, value),) = p95(api, "took", now)

    assert told == {"unit": "ms"}
    assert value == pytest.approx(10 + 10 * (0.95 * 180 - 60) / 120)
    assert p95(api, "took", now, unit="s")[0][1] == pytest.approx(value / 1000)


def test_a_percentile_of_deltas_is_of_their_sum_by_group(api: Api) -> None:
    now = just_now()
    for host, most in (("a", 10), ("b", 20)):
        data = [
            {"timeUnixNano": now - seconds * 10**9, "bucketCounts": [0, 5, 0], "explicitBounds": [0, most]}
            for seconds in (10, 0)
        ]
        send(api, {"name": "took.delta", "histogram": {"aggregationTemporality": 1, "dataPoints": data}}, host)

    found = {told["host"]: value for told, value in p95(api, "took.delta", now, groupBy="host")}

    assert found == {"a": pytest.approx(9.5), "b": pytest.approx(19.0)}


def send(api: Api, metric: dict[str, object], host: str = "web-1") -> None:
    """Export one metric of a host."""
    resource = {"resource": {"attributes": [tag("host.name", host)]}, "scopeMetrics": [{"metrics": [metric]}]}
    assert api.post(OTLP, {"resourceMetrics": [resource]}).body == {}


def test_a_host_that_exports_is_in_the_inventory(api: Api) -> None:
    send(api, {"name": "up", "gauge": {"dataPoints": [{"timeUnixNano": time.time_ns(), "asInt": 1}]}}, "web-7")
    ticking.tick().run(time.time_ns() // 1_000_000, now=time.time_ns() // 1_000_000)

    (host,) = api.get("/monitoring/hosts").body["hosts"]

    assert (host["name"], host["state"]) == ("web-7", "up")
