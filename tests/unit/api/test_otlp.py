"""OTLP's points become series by the documented rule, and no bytes can do harm."""

from __future__ import annotations

import struct
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api.schemas.otlp import read_otlp
from chalicelib.domain.errors import InvalidInput
from tests.otlp import attribute, gauge, histogram, request
from tests.remote_write import field

SECOND = 1_000_000_000


def test_a_gauge_carries_its_attributes_its_unit_and_the_host() -> None:
    body = request(gauge("http.active", 7, 5 * SECOND, {"route": "/x"}, unit="By"), {"host.name": "web-1", "os": "x"})

    points = read_otlp(body).points
    (series,) = points.series

    assert (points.indexes, series.metric_type, series.unit) == ([0], "http.active", "B")
    assert (points.times, points.values) == ([5000], [7.0])
    assert series.tags == {"host": "web-1", "route": "/x"}


def test_a_histogram_becomes_cumulated_buckets_a_sum_and_a_count() -> None:
    found = read_otlp(request(histogram("t", [0.1, 1.0], [2, 3, 1], 4.5, SECOND), {})).points

    assert [
        (each.metric_type, each.tags.get("le"), value) for each, value in zip(found.series, found.values, strict=True)
    ] == [
        ("t_bucket", "0.1", 2.0),
        ("t_bucket", "1", 5.0),
        ("t_bucket", "+Inf", 6.0),
        ("t_count", None, 6.0),
        ("t_sum", None, 4.5),
    ]


def test_a_histogram_whose_counts_do_not_fit_its_bounds_is_rejected() -> None:
    batch = read_otlp(request(histogram("t", [0.1], [2], 4.5, SECOND), {}))

    assert (len(batch.points), batch.rejected, batch.errors[0].field) == (0, 1, "bucket_counts")


def test_an_exponential_histogram_is_rejected_by_name() -> None:
    batch = read_otlp(request(field(1, "t") + field(10, field(1, b"")), {}))

    assert (batch.rejected, batch.errors[0].field) == (1, "t")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    metric = field(1, "x") + field(9, field(1, content)) + field(5, field(1, content))
    for body in (content, request(content, {}), request(metric, {})):
        with suppress(InvalidInput):
            assert read_otlp(body).samples == []


def test_attributes_are_text_whatever_they_were() -> None:
    number = struct.pack("<d", 0.5)
    value = attribute("s", field(1, "a")) + attribute("b", b"\x10\x01") + attribute("i", b"\x18\x05")
    point = value + attribute("d", b"\x21" + number) + attribute("list", field(5, b"")) + b"\x21" + number

    (series,) = read_otlp(request(field(1, "x") + field(5, field(1, point)), {})).points.series

    assert series.tags == {"s": "a", "b": "true", "i": "5", "d": "0.5"}
