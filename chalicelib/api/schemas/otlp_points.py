"""The mapping rule of OTLP: what a data point becomes, as docs/protocols.md describes it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from chalicelib.api.schemas.remembered import series_of
from chalicelib.services.incoming import Batch

_RESOURCE_TAGS = {
    "host.name": "host",
    "service.name": "service.name",
    "service.namespace": "service.namespace",
    "service.instance.id": "service.instance.id",
    "deployment.environment": "deployment.environment",
    "deployment.environment.name": "deployment.environment",
    "k8s.cluster.name": "k8s.cluster.name",
    "k8s.namespace.name": "k8s.namespace.name",
    "k8s.pod.name": "k8s.pod.name",
    "container.name": "container.name",
    "cloud.region": "cloud.region",
}
_UNITS = {"1": "", "By": "B", "KiBy": "KiB", "MiBy": "MiB", "GiBy": "GiB", "%": "percent"}
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_.:-]")
Tags = dict[str, str]


@dataclass(slots=True)
class Numbers:
    """A histogram's or summary's point: `buckets` are counts between `bounds`, `quantiles` (quantile, value)."""

    count: float = 0.0
    total: float | None = None
    bounds: list[float] = field(default_factory=list)
    buckets: list[float] = field(default_factory=list)
    quantiles: list[tuple[float, float]] = field(default_factory=list)


def metric_name(name: str) -> str:
    """The metric type: what may not stand in one becomes an underscore."""
    cleaned = _NOT_IN_NAMES.sub("_", name)
    return f"_{cleaned}" if cleaned[:1].isdigit() else cleaned


def unit_of(given: str) -> str | None:
    """UCUM's unit as ours; an annotation like {request} is none; '' lets the metric's usual unit stand."""
    return None if not given else "" if given.startswith("{") else _UNITS.get(given, given)


def resource_tags(attributes: Tags) -> Tags:
    """The few resource attributes that tell series apart; the others stay out."""
    return {_RESOURCE_TAGS[key]: value for key, value in attributes.items() if key in _RESOURCE_TAGS}


def add_number(batch: Batch, index: int, name: str, unit: str | None, tags: Tags, time_ns: int, value: float) -> None:
    """A gauge's or a sum's point; NaN says that there is no value."""
    if not math.isnan(value):
        batch.points.add(index, series_of(name, tags, unit), time_ns // 1_000_000, value)


def add_histogram(batch: Batch, index: int, name: str, unit: str | None, tags: Tags, time_ns: int, of: Numbers) -> None:
    """Classic buckets as Prometheus has them: counts up to `le`, cumulated; _sum and _count beside them."""
    if of.buckets and len(of.buckets) != len(of.bounds) + 1:
        batch.reject(index, "bucket_counts", "must be one more than the bounds")
        return
    up_to = 0.0
    for bound, count in zip([*of.bounds, math.inf], of.buckets, strict=False):
        up_to += count
        le = "+Inf" if math.isinf(bound) else f"{bound:.12g}"
        add_number(batch, index, f"{name}_bucket", "", {**tags, "le": le}, time_ns, up_to)
    add_summary(batch, index, name, unit, tags, time_ns, of)


def add_summary(batch: Batch, index: int, name: str, unit: str | None, tags: Tags, time_ns: int, of: Numbers) -> None:
    """A series a quantile, _sum and _count beside them."""
    for quantile, value in of.quantiles:
        add_number(batch, index, name, unit, {**tags, "quantile": f"{quantile:.12g}"}, time_ns, value)
    add_number(batch, index, f"{name}_count", "", tags, time_ns, of.count)
    if of.total is not None:
        add_number(batch, index, f"{name}_sum", unit, tags, time_ns, of.total)
