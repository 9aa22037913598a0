"""OTLP's protobuf: an ExportMetricsServiceRequest becomes points of sampled series.

What an SDK exports looks the same every time but for times and numbers. So each resource's metrics are read once to a
plan, and the plan reads them from then on: see otlp_plan.py.
"""

from __future__ import annotations

from chalicelib.api.schemas.otlp_attributes import attributes
from chalicelib.api.schemas.otlp_metrics import read_metric
from chalicelib.api.schemas.otlp_plan import Plan, PlanBuilder
from chalicelib.api.schemas.otlp_points import Tags, resource_tags
from chalicelib.api.schemas.protobuf import Malformed, message, spans, varint
from chalicelib.api.schemas.protobuf import fields as read_fields
from chalicelib.api.schemas.remembered import Remembered
from chalicelib.domain.errors import InvalidInput
from chalicelib.services.incoming import Batch, without_nan

_plans: Remembered[tuple[int, bytes], Plan] = Remembered(24 << 20)
MAX_RESOURCES = 10_000  # in one request; empty ones would only cost time


def read_otlp(raw: bytes) -> Batch:
    """The points of a request; `index` counts its metrics. Raises InvalidInput.

    NaN and OTLP's "no recorded value" say that there is no value: they are left out and are no error.
    """
    batch = Batch()
    first = resources = 0
    try:
        for number, _, content in read_fields(raw):
            if number == 1:
                resources += 1
                if resources > MAX_RESOURCES:
                    raise Malformed(f"over {MAX_RESOURCES} resources; send smaller requests")
                first += _read_resource(batch, first, message(content))
    except Malformed as wrong:
        raise InvalidInput(f"body: is no ExportMetricsServiceRequest: {wrong}.", field="body") from None
    without_nan(batch.points)
    return batch


def _read_resource(batch: Batch, first: int, raw: bytes) -> int:
    """Read a ResourceMetrics; how many metrics it holds."""
    key = (len(raw), _resource(raw))
    plan = _plans.get(key)
    if plan is None or not plan.read(raw, batch, first):
        plan = _plan(raw)
        plan.read(raw, batch, first)
        if plan.comes_again:
            _plans.keep(key, plan, plan.weight)
    return plan.metrics


def _resource(raw: bytes) -> bytes:
    """The resource's bytes, if they come first, as they do: plans of two resources do not push each other out."""
    if raw[:1] != b"\x0a":
        return b""
    length, at = varint(raw, 1)
    return raw[at : at + length]


def _plan(raw: bytes) -> Plan:
    builder = PlanBuilder(raw)
    tags: Tags = {}
    for number, _, start, end in spans(raw, 0, len(raw)):
        if number == 1:
            tags |= resource_tags(attributes(raw, start, end, 1))
    for number, _, start, end in spans(raw, 0, len(raw)):
        if number == 2:
            for inner, _, begin, close in spans(raw, start, end):
                if inner == 2:
                    read_metric(builder, raw, begin, close, tags)
                    builder.metrics += 1
    return Plan(builder)
