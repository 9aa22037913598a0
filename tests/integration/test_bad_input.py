"""Every limit on what may be recorded: the bad thing is named, nothing of it is stored, nothing good is lost."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.call import Api

METRICS = "/monitoring/metrics"
GOOD = {"metricType": "good", "value": 1}


def iso(**ago: float) -> str:
    """An instant that lies so far back."""
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a metric type that is empty": ({"metricType": ""}, "metricType"),
    "a metric type with a space": ({"metricType": "a b"}, "metricType"),
    "a metric type that begins with a digit": ({"metricType": "1a"}, "metricType"),
    "a metric type of 129 characters": ({"metricType": "a" * 129}, "metricType"),
    "a metric type that is a number": ({"metricType": 5}, "metricType"),
    "a value in quotes": ({"value": "250"}, "value"),
    "a value that is true": ({"value": True}, "value"),
    "a value that is null": ({"value": None}, "value"),
    "a value that is NaN": ({"value": float("nan")}, "value"),
    "a value that is infinite": ({"value": float("-inf")}, "value"),
    "a value beyond 64 bits": ({"value": 10**400}, "value"),
    "a unit of 33 characters": ({"unit": "u" * 33}, "unit"),
    "a unit that is a number": ({"unit": 1}, "unit"),
    "21 tags": ({"tags": {f"k{i}": "v" for i in range(21)}}, "tags"),
    "tags that are an array": ({"tags": ["a"]}, "tags"),
    "an empty tag key": ({"tags": {"": "v"}}, "tags"),
    "a tag key of 65 characters": ({"tags": {"k" * 65: "v"}}, "tags"),
    "a tag value of 257 characters": ({"tags": {"k": "v" * 257}}, "tags.k"),
    "a tag value that is a number": ({"tags": {"statusCode": 200}}, "tags.statusCode"),
    "a NUL in a tag value": ({"tags": {"k": "a\x00b"}}, "tags.k"),
    "an unpaired surrogate in a tag value": ({"tags": {"k": "\ud800"}}, "tags.k"),
    "a time without a zone": ({"timestamp": "2026-01-01T00:00:00"}, "timestamp"),
    "a time that is no time": ({"timestamp": "yesterday"}, "timestamp"),
    "a time that is an object": ({"timestamp": {}}, "timestamp"),
    "a time a day ahead": ({"timestamp": iso(days=-1)}, "timestamp"),
    "a time six years back": ({"timestamp": iso(days=6 * 365)}, "timestamp"),
    "a time in seconds": ({"timestamp": 1767225600}, "timestamp"),
    "a time beyond all calendars": ({"timestamp": 1e300}, "timestamp"),
    "a field nobody knows": ({"colour": "red"}, "colour"),
}


@pytest.mark.parametrize(("change", "field"), BAD.values(), ids=BAD.keys())
def test_a_bad_sample_is_refused_by_the_name_of_its_field_and_costs_no_good_one(
    api: Api, change: dict[str, Any], field: str
) -> None:
    bad = {"metricType": "bad", "value": 1} | change

    alone = api.post(METRICS, bad)
    among_good = api.post(METRICS, [GOOD, bad, GOOD])

    assert (alone.status, alone.body["field"]) == (400, field)
    assert alone.headers["Content-Type"] == "application/problem+json"
    assert (among_good.status, among_good.body["accepted"], among_good.body["rejected"]) == (202, 2, 1)
    assert [(error["index"], error["field"]) for error in among_good.body["errors"]] == [(1, field)]
    live = api.get(f"{METRICS}/realtime", types="good,bad").body
    assert (len(live["good"]), live["bad"]) == (2, [])


@pytest.mark.parametrize(
    ("metrics", "field"),
    [
        ({"cpu_usage": "12"}, "metrics.cpu_usage"),
        ({"cpu usage": 12}, "metrics.cpu usage"),
        ({"cpu_usage": float("inf")}, "metrics.cpu_usage"),
        ([1], "metrics"),
        (None, "metrics"),
    ],
)
def test_a_bad_metric_in_a_snapshot_costs_only_itself(api: Api, metrics: Any, field: str) -> None:
    good = {"memory_usage": 50}
    mixed = metrics | good if isinstance(metrics, dict) else metrics
    reply = api.post(METRICS, {"snapshots": [{"metrics": good}, {"metrics": mixed}]})

    assert reply.body["errors"][0]["field"] == field
    assert reply.body["accepted"] == (2 if isinstance(metrics, dict) else 1)
    assert reply.body["rejected"] == 1


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "null",
        "5",
        '"text"',
        "{}",
        '{"metrics": 5}',
        '{"metrics": [], "snapshots": []}',
        '{"metrics": [], "more": 1}',
        '{"metricType": "a", "value": 1, "metrics": []}',
        "[" * 100_000,
        '{"a":' * 100_000,
        "9" * 10_000,
        '{"metricType": "a", "value": ' + "9" * 10_000 + "}",
        b"\xff\xfe{}",
        b"\x1f\x8b\x08 this is no gzip",
        gzip.compress(b'{"metricType":"a","value":1}' * 99, mtime=0)[:-9],
        json.dumps(GOOD).encode("utf-16"),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_body_that_cannot_be_read_is_a_400_that_says_so(api: Api, body: str | bytes) -> None:
    reply = api.post(METRICS, body)
    assert reply.status == 400
    assert reply.body["detail"]
    assert reply.body["field"]


def test_a_body_over_4_mb_and_a_bomb_are_refused(api: Api) -> None:
    huge = api.post(METRICS, json.dumps([GOOD | {"tags": {"k": "v" * 200}}] * 20_000))
    bomb = api.post(METRICS, gzip.compress(b"[" + b" " * 100_000_000 + b"]"))
    assert (huge.status, bomb.status) == (413, 413)


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/csv", "application/xml"])
def test_another_content_type_is_a_415_that_says_what_to_send(api: Api, content_type: str) -> None:
    reply = api.post(METRICS, json.dumps(GOOD), Content_Type=content_type)
    assert reply.status == 415
    assert "application/json" in reply.body["detail"]


def test_what_stands_exactly_at_a_limit_is_accepted(api: Api) -> None:
    tags = {f"k{i}" + "x" * (64 - len(f"k{i}")): "v" * 256 for i in range(20)}
    sample = {"metricType": "a" * 128, "value": -1.5e308, "unit": "u" * 32, "tags": tags, "timestamp": iso(minutes=-9)}
    assert api.post(METRICS, sample).body == {"accepted": 1, "rejected": 0}


def test_more_metric_types_than_allowed_are_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_types(), "_maximum", 2)
    replies = [api.post(METRICS, {"metricType": name, "value": 1}) for name in ("a", "b", "c", "a")]
    assert [reply.status for reply in replies] == [202, 202, 400, 202]
    assert "MAX_METRIC_TYPES" in replies[2].body["detail"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "metricType"),
        ({"metricType": "a b"}, "metricType"),
        ({"metricType": "a", "aggregation": "mode"}, "aggregation"),
        ({"metricType": "a", "from": "soon"}, "from"),
        ({"metricType": "a", "from": "-1h", "to": "-2h"}, "from"),
        ({"metricType": "a", "step": "0"}, "step"),
        ({"metricType": "a", "step": "1", "from": "-7d"}, "step"),
        ({"metricType": "a", "tags": "host"}, "tags"),
        ({"metricType": "a", "tags": "{"}, "tags"),
        ({"metricType": "a", "groupBy": "a,b,c,d,e,f"}, "groupBy"),
        ({"metricType": "a", "form": "-1h"}, "form"),
        ({"metricType": "a", "aggregation": "p100"}, "aggregation"),
        ({"metricType": "a", "fill": "linear"}, "fill"),
        ({"metricType": "a", "topk": "0"}, "topk"),
    ],
)
def test_a_wrong_query_parameter_is_named(api: Api, query: dict[str, str], field: str) -> None:
    reply = api.call("GET", f"{METRICS}/query", query=query)
    assert (reply.status, reply.body["field"]) == (400, field)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "types"),
        ({"types": ","}, "types"),
        ({"types": ",".join(f"m{i}" for i in range(51))}, "types"),
        ({"types": "a", "windowSeconds": "0"}, "windowSeconds"),
        ({"types": "a", "windowSeconds": "ten"}, "windowSeconds"),
        ({"types": "a", "window": "5"}, "window"),
    ],
)
def test_a_wrong_realtime_parameter_is_named(api: Api, query: dict[str, str], field: str) -> None:
    reply = api.call("GET", f"{METRICS}/realtime", query=query)
    assert (reply.status, reply.body["field"]) == (400, field)


def _types() -> Any:
    from chalicelib import wiring

    return wiring.ingest()._rows._metric_types
