"""The form of OTLP's JSON: whole numbers of 64 bits as text or number, names in camelCase."""

from __future__ import annotations

import msgspec

Whole = int | str  # protobuf's JSON writes 64 bits as text and takes both
Number = float | str  # "NaN" and "Infinity" are text


class _Struct(msgspec.Struct, rename="camel", gc=False):
    """Fields that are not named here are passed over, as protobuf's JSON asks of readers of newer senders."""


class Value(_Struct):
    """An AnyValue; arrays, maps and bytes are left out."""

    string_value: str | None = None
    bool_value: bool | None = None
    int_value: Whole | None = None
    double_value: Number | None = None


class Attribute(_Struct):
    """A KeyValue."""

    key: str = ""
    value: Value | None = None


class Side(_Struct):
    """Half of an exponential histogram."""

    offset: int = 0
    bucket_counts: list[Whole] = []


class Quantile(_Struct):
    """One of a summary."""

    quantile: Number = 0.0
    value: Number = 0.0


class Point(_Struct):
    """A data point of any kind: each has its own of these fields."""

    attributes: list[Attribute] = []
    time_unix_nano: Whole = 0
    flags: int = 0
    as_double: Number | None = None
    as_int: Whole | None = None
    count: Whole = 0
    sum: Number | None = None
    bucket_counts: list[Whole] = []
    explicit_bounds: list[Number] = []
    scale: int = 0
    zero_count: Whole = 0
    positive: Side | None = None
    negative: Side | None = None
    quantile_values: list[Quantile] = []


class Data(_Struct):
    """What a Metric holds."""

    data_points: list[Point] = []
    aggregation_temporality: int | str = 0


class Metric(_Struct):
    """A Metric."""

    name: str = ""
    unit: str = ""
    gauge: Data | None = None
    sum: Data | None = None
    histogram: Data | None = None
    exponential_histogram: Data | None = None
    summary: Data | None = None


class Resource(_Struct):
    """What was measured."""

    attributes: list[Attribute] = []


class ScopeMetrics(_Struct):
    """What measured it."""

    metrics: list[Metric] = []


class ResourceMetrics(_Struct):
    """The metrics of a resource."""

    resource: Resource | None = None
    scope_metrics: list[ScopeMetrics] = []


class Export(_Struct):
    """An ExportMetricsServiceRequest."""

    resource_metrics: list[ResourceMetrics] = []
