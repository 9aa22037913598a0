"""OTLP's JSON: an ExportMetricsServiceRequest becomes points of sampled series, by the same rules as in protobuf."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import inf

import msgspec

from chalicelib.api.schemas.otlp_exponential import bucket_counts
from chalicelib.api.schemas.otlp_json_form import Attribute, Export, Metric, Number, Point, Side
from chalicelib.api.schemas.otlp_points import DELTA, Named, Tags, metric_name, resource_tags, unit_of
from chalicelib.domain.errors import InvalidInput
from chalicelib.services.incoming import Batch, Series, without_nan

_decode = msgspec.json.Decoder(Export).decode
MAX_OBJECTS = 300_000  # more do not fit, unless they are empty and only cost time and memory


def read_otlp_json(raw: bytes) -> Batch:
    """The points of a request; `index` counts its metrics. Raises InvalidInput."""
    if raw.count(b"{") > MAX_OBJECTS:
        raise InvalidInput(f"body: holds over {MAX_OBJECTS} objects; send smaller requests.", field="body")
    batch = Batch()
    index = 0
    try:
        for resource in _decode(raw).resource_metrics:
            shared = resource_tags(_tags(resource.resource.attributes)) if resource.resource else {}
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    _read_metric(batch, index, metric, shared)
                    index += 1
    except (msgspec.DecodeError, RecursionError, ValueError, OverflowError) as wrong:
        raise InvalidInput(f"body: is no ExportMetricsServiceRequest: {wrong}.", field="body") from None
    without_nan(batch.points)
    return batch


def _read_metric(batch: Batch, index: int, metric: Metric, shared: Tags) -> None:
    name, unit = metric_name(metric.name), unit_of(metric.unit)
    for read, data in (
        (_read_number, metric.gauge),
        (_read_number, metric.sum),
        (_read_histogram, metric.histogram),
        (_read_exponential, metric.exponential_histogram),
        (_read_summary, metric.summary),
    ):
        if data is not None:
            is_delta = data.aggregation_temporality in (DELTA, "AGGREGATION_TEMPORALITY_DELTA")
            for point in data.data_points:
                if not point.flags & 1:  # "no recorded value"
                    named = Named(name, unit, shared | _tags(point.attributes), is_delta)
                    read(_Into(batch, index, int(point.time_unix_nano) // 1_000_000), point, named)


class _Into:
    """Where the numbers of one point go."""

    def __init__(self, batch: Batch, index: int, time: int) -> None:
        self._batch, self._index, self._time = batch, index, time

    def add(self, series: Series, value: Number) -> None:
        """Add a number."""
        self._batch.points.add(self._index, series, self._time, float(value))

    def add_buckets(self, named: Named, bounds: Sequence[float], up_to: Sequence[int]) -> None:
        """Add the buckets of a histogram."""
        for bound, count in zip(bounds, up_to, strict=True):
            self.add(named.bucket(bound), count)

    def add_count_and_sum(self, named: Named, point: Point) -> None:
        """Add what histograms and summaries have beside."""
        self.add(named.count(), int(point.count))
        if point.sum is not None:
            self.add(named.total(), point.sum)

    def reject(self, field: str, reason: str) -> None:
        """The point cannot be recorded."""
        self._batch.reject(self._index, field, reason)


def _read_number(into: _Into, point: Point, named: Named) -> None:
    if point.as_double is not None:
        into.add(named.series(), point.as_double)
    elif point.as_int is not None:
        into.add(named.series(), int(point.as_int))


def _read_histogram(into: _Into, point: Point, named: Named) -> None:
    bounds, counts = [*map(float, point.explicit_bounds)], [*map(int, point.bucket_counts)]
    if counts and len(counts) != len(bounds) + 1:
        into.reject("bucket_counts", "must be one more than the bounds")
        return
    if counts:
        into.add_buckets(named, [*bounds, inf], [*accumulate(counts)])
    into.add_count_and_sum(named, point)


def _read_exponential(into: _Into, point: Point, named: Named) -> None:
    if named.is_delta:
        into.reject(named.name, "exponential histograms are taken cumulated, not as deltas")
        return
    try:
        buckets = bucket_counts(point.scale, int(point.zero_count), _side(point.positive), _side(point.negative))
    except (ValueError, OverflowError) as wrong:
        into.reject(named.name, str(wrong))
        return
    into.add_buckets(named, [bound for bound, _ in buckets], [up_to for _, up_to in buckets])
    into.add_count_and_sum(named, point)


def _read_summary(into: _Into, point: Point, named: Named) -> None:
    for each in point.quantile_values:
        into.add(named.quantile(float(each.quantile)), each.value)
    into.add_count_and_sum(named, point)


def _side(side: Side | None) -> tuple[int, list[int]]:
    return (side.offset, [*map(int, side.bucket_counts)]) if side else (0, [])


def _tags(attributes: list[Attribute]) -> Tags:
    tags: Tags = {}
    for each in attributes:
        value = each.value
        if value is None:
            continue
        if value.string_value is not None:
            tags[each.key] = value.string_value
        elif value.bool_value is not None:
            tags[each.key] = "true" if value.bool_value else "false"
        elif value.int_value is not None:
            tags[each.key] = str(int(value.int_value))
        elif value.double_value is not None:
            tags[each.key] = f"{float(value.double_value):.12g}"
    return tags
