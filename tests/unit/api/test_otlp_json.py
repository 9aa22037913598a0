"""OTLP's JSON says what its protobuf says, and no text can do harm."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api.schemas.otlp import read_otlp
from chalicelib.api.schemas.otlp_json import read_otlp_json
from chalicelib.domain.errors import InvalidInput
from chalicelib.services.incoming import Batch
from tests.otlp import all_points, exponential, gauge, histogram, request

SECOND = 1_000_000_000


def export(metric: dict[str, Any], **resource: str) -> bytes:
    """An ExportMetricsServiceRequest of one metric."""
    attributes = [{"key": key.replace("_", "."), "value": {"stringValue": value}} for key, value in resource.items()]
    scope = {"scope": {"name": "x"}, "metrics": [metric]}
    return json.dumps({"resourceMetrics": [{"resource": {"attributes": attributes}, "scopeMetrics": [scope]}]}).encode()


def said(batch: Batch) -> list[tuple[Any, ...]]:
    """All points in words, in any order."""
    points = all_points(batch)
    words = [
        (each.metric_type, sorted(each.tags.items()), each.unit, time, value)
        for each, time, value in zip(points.series, points.times, points.values, strict=True)
    ]
    return sorted(words, key=repr)


def test_a_gauge_is_what_it_is_in_protobuf() -> None:
    attributes = [{"key": "route", "value": {"stringValue": "/x"}}]
    point = {"timeUnixNano": str(5 * SECOND), "asInt": "7", "attributes": attributes}
    metric = {"name": "http active", "unit": "By", "gauge": {"dataPoints": [point]}}

    found = read_otlp_json(export(metric, host_name="web-1"))

    assert said(found) == said(
        read_otlp(request(gauge("http active", 7, 5 * SECOND, {"route": "/x"}, "By"), {"host.name": "web-1"}))
    )
    assert said(found) == [("http_active", [("host", "web-1"), ("route", "/x")], "B", 5000, 7.0)]


def test_a_histogram_is_what_it_is_in_protobuf() -> None:
    point = {"timeUnixNano": SECOND, "count": 6, "sum": 4.5, "bucketCounts": ["2", 3, 1], "explicitBounds": [0.1, 1]}
    body = export({"name": "t", "histogram": {"dataPoints": [point], "aggregationTemporality": 2}})

    assert said(read_otlp_json(body)) == said(read_otlp(request(histogram("t", [0.1, 1], [2, 3, 1], 4.5, SECOND), {})))


def test_an_exponential_histogram_is_what_it_is_in_protobuf() -> None:
    sides = {"positive": {"offset": -3, "bucketCounts": ["2", "0", "3"]}, "negative": {"bucketCounts": [4]}}
    point = {"timeUnixNano": SECOND, "count": "10", "scale": 5, "zeroCount": "1", **sides}
    body = export({"name": "t", "exponentialHistogram": {"dataPoints": [point], "aggregationTemporality": 2}})

    same = exponential("t", 5, 1, positive=(-3, [2, 0, 3]), negative=(0, [4]), time_ns=SECOND)
    assert said(read_otlp_json(body)) == said(read_otlp(request(same, {})))


def test_a_summary_becomes_its_quantiles_its_sum_and_its_count() -> None:
    point = {"timeUnixNano": SECOND, "count": "3", "sum": 6.0, "quantileValues": [{"quantile": 0.5, "value": 2.0}]}

    assert said(read_otlp_json(export({"name": "t", "summary": {"dataPoints": [point]}}))) == [
        ("t", [("quantile", "0.5")], None, 1000, 2.0),
        ("t_count", [], "", 1000, 3.0),
        ("t_sum", [], None, 1000, 6.0),
    ]


def test_attributes_are_text_whatever_they_were() -> None:
    values: dict[str, Any] = {
        "s": {"stringValue": "a"},
        "b": {"boolValue": True},
        "i": {"intValue": "5"},
        "d": {"doubleValue": 0.5},
        "list": {"arrayValue": {"values": [{"stringValue": "x"}]}},
    }
    attributes = [{"key": key, "value": value} for key, value in values.items()]
    point = {"timeUnixNano": SECOND, "asDouble": 1, "attributes": attributes}

    (series,) = read_otlp_json(export({"name": "x", "gauge": {"dataPoints": [point]}})).points.series

    assert series.tags == {"s": "a", "b": "true", "i": "5", "d": "0.5"}


@pytest.mark.parametrize("point", [{"asDouble": "NaN"}, {"asDouble": 1.0, "flags": 1}, {}], ids=["NaN", "flag", "none"])
def test_no_value_is_no_point_and_no_error(point: dict[str, Any]) -> None:
    batch = read_otlp_json(export({"name": "x", "gauge": {"dataPoints": [{"timeUnixNano": SECOND, **point}]}}))

    assert (len(batch.points), batch.rejected) == (0, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        export({"name": "x", "gauge": {"dataPoints": [{"asInt": "seven"}]}}),
        export({"name": "?"}).replace(b"?", b"\xff"),
    ],
    ids=["nothing", "a list", "deep", "no number", "no UTF-8"],
)
def test_what_is_no_export_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"^body: "):
        read_otlp_json(body)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.sampled_from(
    ["asInt", "asDouble", "count", "sum", "bucketCounts", "explicitBounds", "scale", "positive", "flags", "attributes"]
)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats().map(str) | st.lists(st.integers(-5, 2**64), max_size=4)


@given(st.dictionaries(FIELDS, NUMBERS | ANYTHING, max_size=4), st.sampled_from(["sum", "exponentialHistogram"]))
def test_any_point_is_read_or_refused(point: dict[str, Any], kind: str) -> None:
    for of in (kind, "histogram", "summary"):
        with suppress(InvalidInput):
            read_otlp_json(export({"name": "x", of: {"dataPoints": [{"timeUnixNano": "1", **point}]}}))


@given(ANYTHING)
def test_any_json_is_read_or_refused(content: Any) -> None:
    with suppress(InvalidInput):
        read_otlp_json(json.dumps({"resourceMetrics": content}).encode())
