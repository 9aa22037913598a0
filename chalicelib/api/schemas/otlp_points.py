"""The mapping rule of OTLP: what a data point becomes, as docs/protocols.md describes it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from chalicelib.api.schemas.remembered import series_of
from chalicelib.services.incoming import Series

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
DELTA = 1  # of AggregationTemporality
_UNITS = {"1": "", "By": "B", "KiBy": "KiB", "MiBy": "MiB", "GiBy": "GiB", "%": "percent"}
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_.:-]")
Tags = dict[str, str]


@dataclass(frozen=True, slots=True)
class Named:
    """What a point's series are named by. A histogram's, where each export counts from zero again (`is_delta`), say so
    by a tag: its counts are amounts, the others' are counters."""

    name: str
    unit: str | None
    tags: Tags
    is_delta: bool = False

    def series(self) -> Series:
        """A gauge's or a sum's."""
        return series_of(self.name, self.tags, self.unit)

    def quantile(self, quantile: float) -> Series:
        """One of a summary's."""
        return series_of(self.name, {**self.tags, "quantile": f"{quantile:.12g}"}, self.unit)

    def count(self) -> Series:
        """How many there were."""
        return series_of(f"{self.name}_count", self._told(), "")

    def total(self) -> Series:
        """What they add up to."""
        return series_of(f"{self.name}_sum", self._told(), self.unit)

    def bucket(self, bound: float) -> Series:
        """How many there were up to a bound, as Prometheus has it."""
        le = "+Inf" if math.isinf(bound) else f"{bound:.12g}"
        return series_of(f"{self.name}_bucket", {**self._told(), "le": le}, "")

    def _told(self) -> Tags:
        return {**self.tags, "temporality": "delta"} if self.is_delta else self.tags


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
