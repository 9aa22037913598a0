"""Builds OTLP's messages for the tests, by hand."""

from __future__ import annotations

import struct

from chalicelib.services.incoming import Batch, Points
from tests.remote_write import field, number


def attribute(key: str, value: bytes) -> bytes:
    """A number point's KeyValue; `value` is an encoded AnyValue."""
    return field(7, field(1, key) + field(2, value))


def gauge(name: str, value: int, time_ns: int, tags: dict[str, str], unit: str = "") -> bytes:
    """A Metric with one whole number."""
    point = b"".join(attribute(key, field(1, text)) for key, text in tags.items())
    point += b"\x19" + struct.pack("<Q", time_ns) + b"\x31" + struct.pack("<q", value)
    return field(1, name) + field(3, unit) + field(5, field(1, point))


def histogram(name: str, bounds: list[float], counts: list[int], total: float, time_ns: int) -> bytes:
    """A Metric with one histogram of explicit bounds."""
    point = b"\x19" + struct.pack("<Q", time_ns) + b"\x21" + struct.pack("<Q", sum(counts))
    point += b"\x29" + struct.pack("<d", total) + field(6, struct.pack(f"<{len(counts)}Q", *counts))
    return field(1, name) + field(9, field(1, point + field(7, struct.pack(f"<{len(bounds)}d", *bounds))))


def exponential(
    name: str, scale: int, zeros: int, positive: tuple[int, list[int]], negative: tuple[int, list[int]], time_ns: int
) -> bytes:
    """A Metric with one exponential histogram, cumulated; the sides are (offset, counts)."""

    def side(offset: int, counts: list[int]) -> bytes:
        return b"\x08" + number(offset << 1 ^ offset >> 63) + field(2, b"".join(map(number, counts)))

    count = zeros + sum(positive[1]) + sum(negative[1])
    point = b"\x19" + struct.pack("<Q", time_ns) + b"\x21" + struct.pack("<Q", count)
    point += b"\x30" + number(scale << 1 ^ scale >> 63) + b"\x39" + struct.pack("<Q", zeros)
    point += field(8, side(*positive)) + field(9, side(*negative))
    return field(1, name) + field(10, field(1, point) + b"\x10\x02")


def request(metric: bytes, resource: dict[str, str]) -> bytes:
    """An ExportMetricsServiceRequest of one metric."""
    return resource_metrics([metric], resource)


def resource_metrics(metrics: list[bytes], resource: dict[str, str]) -> bytes:
    """An ExportMetricsServiceRequest of one resource; several behind one another are a request, too."""
    attributes = b"".join(field(1, field(1, key) + field(2, field(1, text))) for key, text in resource.items())
    return field(1, field(1, attributes) + field(2, b"".join(field(2, metric) for metric in metrics)))


def double_gauge(name: str, value: float, time_ns: int, tags: dict[str, str]) -> bytes:
    """A Metric with one number, its fields in the order of their numbers, as SDKs write them."""
    point = b"\x11" + struct.pack("<Q", time_ns // 2) + b"\x19" + struct.pack("<Q", time_ns)
    point += b"\x21" + struct.pack("<d", value)
    return field(1, name) + field(5, field(1, point + b"".join(attribute(k, field(1, v)) for k, v in tags.items())))


def all_points(batch: Batch) -> Points:
    """A batch's points, those that came together among them, one by one."""
    points = Points()
    for run in batch.runs:
        run.add_to(points)
    for place, series in enumerate(batch.points.series):
        points.add(batch.points.indexes[place], series, batch.points.times[place], batch.points.values[place])
    return points
