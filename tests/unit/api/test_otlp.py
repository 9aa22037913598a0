"""OTLP's points become series by the documented rule, and no bytes can do harm."""

from __future__ import annotations

import math
import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api.schemas.otlp import read_otlp
from chalicelib.api.schemas.otlp_exponential import MAX_BINS, bucket_counts
from chalicelib.domain.errors import InvalidInput
from chalicelib.services.incoming import Points
from tests.otlp import all_points, attribute, double_gauge, exponential, gauge, histogram, request, resource_metrics
from tests.remote_write import field

SECOND = 1_000_000_000


def points_of(body: bytes) -> Points:
    """All points of a request, one by one."""
    return all_points(read_otlp(body))


def test_a_gauge_carries_its_attributes_its_unit_and_the_host() -> None:
    body = request(gauge("http.active", 7, 5 * SECOND, {"route": "/x"}, unit="By"), {"host.name": "web-1", "os": "x"})

    points = points_of(body)
    (series,) = points.series

    assert (points.indexes, series.metric_type, series.unit) == ([0], "http.active", "B")
    assert (points.times, points.values) == ([5000], [7.0])
    assert series.tags == {"host": "web-1", "route": "/x"}


def values(body: bytes) -> dict[tuple[str, str | None], float]:
    """The value of each metric type and bound."""
    found = points_of(body)
    return {
        (each.metric_type, each.tags.get("le")): value for each, value in zip(found.series, found.values, strict=True)
    }


def test_a_histogram_becomes_cumulated_buckets_a_sum_and_a_count() -> None:
    assert values(request(histogram("t", [0.1, 1.0], [2, 3, 1], 4.5, SECOND), {})) == {
        ("t_bucket", "0.1"): 2.0,
        ("t_bucket", "1"): 5.0,
        ("t_bucket", "+Inf"): 6.0,
        ("t_count", None): 6.0,
        ("t_sum", None): 4.5,
    }


def test_a_histogram_whose_counts_do_not_fit_its_bounds_is_rejected() -> None:
    batch = read_otlp(request(histogram("t", [0.1], [2], 4.5, SECOND), {}))

    assert (len(batch.points), batch.rejected, batch.errors[0].field) == (0, 1, "bucket_counts")


def test_an_exponential_histogram_becomes_buckets_with_bounds() -> None:
    body = request(exponential("t", scale=0, zeros=1, positive=(1, [2, 0, 3]), negative=(0, [4]), time_ns=SECOND), {})

    assert values(body) == {
        ("t_bucket", "-1"): 4.0,
        ("t_bucket", "0"): 5.0,
        ("t_bucket", "2"): 5.0,
        ("t_bucket", "4"): 7.0,
        ("t_bucket", "8"): 7.0,
        ("t_bucket", "16"): 10.0,
        ("t_bucket", "+Inf"): 10.0,
        ("t_count", None): 10.0,
    }


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=50), st.integers(-2, 20))
def test_bins_of_any_scale_count_right_at_every_bound(numbers: list[float], scale: int) -> None:
    base = 2.0 ** (2.0**-scale)
    indexes = [math.ceil(math.log(number) / math.log(base)) - 1 for number in numbers]
    offset, end = min(indexes), max(indexes) + 1
    if end - offset > 100_000:
        return
    counts = [0] * (end - offset)
    for index in indexes:
        counts[index - offset] += 1
    try:
        buckets = bucket_counts(scale, 0, (offset, counts), (0, []))
    except ValueError:
        assert end - offset > MAX_BINS
        return

    for bound, up_to in buckets:
        assert up_to >= sum(number <= bound * (1 - 1e-9) for number in numbers)
        assert up_to <= sum(number <= bound * (1 + 1e-9) for number in numbers)


def test_bins_that_no_number_reaches_are_rejected() -> None:
    for scale, offset in ((20, 2**31 - 1), (-10, 2**31 - 1), (0, -(2**31)), (21, 0), (-(2**31), 0)):
        body = request(exponential("t", scale, 0, positive=(offset, [1]), negative=(0, []), time_ns=SECOND), {})
        batch = read_otlp(body)

        assert (len(batch.points), batch.rejected, batch.errors[0].field) == (0, 1, "t")


def test_an_export_laid_out_like_the_last_one_is_read_by_its_plan_and_another_one_is_not() -> None:
    for value, at, tag in ((1.5, 1, "a"), (2.5, 2, "a"), (3.5, 3, "b"), (4.5, 4, "a")):
        metrics = [
            double_gauge("x", value, at * SECOND, {"k": tag}),
            histogram("t", [1.0], [at, 2], value, at * SECOND),
        ]
        points = points_of(2 * resource_metrics(metrics, {"host.name": "web-1"}))

        of_gauge = [place for place, each in enumerate(points.series) if each.metric_type == "x"]
        assert [points.series[place].tags for place in of_gauge] == [{"host": "web-1", "k": tag}] * 2
        assert [points.indexes[place] for place in of_gauge] == [0, 2]
        assert [points.values[place] for place in of_gauge] == [value, value]
        assert {points.times[place] for place in range(len(points))} == {at * 1000}
        assert sorted(points.values) == sorted(2 * [value, at, at + 2, at + 2, value])


def test_more_points_than_any_client_sends_are_refused_before_they_are_read() -> None:
    with pytest.raises(InvalidInput, match="over 50000 points"):
        read_otlp(request(field(1, "x") + field(5, b"\x0a\x00" * 50_001), {}))


def test_what_is_left_out_because_it_is_zero_is_zero() -> None:
    point = field(1, b"\x19" + struct.pack("<Q", SECOND) + field(6, struct.pack("<Q", 0)))

    assert values(request(field(1, "t") + field(9, point), {})) == {("t_bucket", "+Inf"): 0.0, ("t_count", None): 0.0}


def test_the_counts_of_deltas_say_that_they_are() -> None:
    metric = histogram("t", [], [2], 4.5, SECOND)
    inner = metric[metric.index(b"\x4a") + 2 :]

    points = points_of(request(field(1, "t") + field(9, inner + b"\x10\x01"), {}))

    assert {each.tags.get("temporality") for each in points.series} == {"delta"}


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    metric = field(1, "x") + b"".join(field(kind, field(1, content)) for kind in (5, 7, 9, 10, 11))
    for body in (content, request(content, {}), request(metric, {})):
        with suppress(InvalidInput):
            assert read_otlp(body).samples == []


def test_attributes_are_text_whatever_they_were() -> None:
    number = struct.pack("<d", 0.5)
    value = attribute("s", field(1, "a")) + attribute("b", b"\x10\x01") + attribute("i", b"\x18\x05")
    point = value + attribute("d", b"\x21" + number) + attribute("list", field(5, b"")) + b"\x21" + number

    (series,) = points_of(request(field(1, "x") + field(5, field(1, point)), {})).series

    assert series.tags == {"s": "a", "b": "true", "i": "5", "d": "0.5"}


def test_endless_empty_resources_are_refused_before_they_cost_time() -> None:
    with pytest.raises(InvalidInput, match="over 10000 resources"):
        read_otlp(b"\x0a\x00" * 10_001)
