"""OTLP's protobuf: an ExportMetricsServiceRequest becomes points of sampled series."""

from __future__ import annotations

from chalicelib.api.schemas.otlp_points import (
    Numbers,
    Tags,
    add_histogram,
    add_number,
    add_summary,
    metric_name,
    resource_tags,
    unit_of,
)
from chalicelib.api.schemas.protobuf import Malformed, double, fields, fixed64, message, packed, signed64, text
from chalicelib.domain.errors import InvalidInput
from chalicelib.services.incoming import Batch

GAUGE, SUM, HISTOGRAM, EXPONENTIAL, SUMMARY = 5, 7, 9, 10, 11
_ATTRIBUTES = {GAUGE: 7, SUM: 7, HISTOGRAM: 9, SUMMARY: 7}
_FLAGS = {GAUGE: 8, SUM: 8, HISTOGRAM: 10, SUMMARY: 8}


def read_otlp(raw: bytes) -> Batch:
    """The points of a request; `index` counts its metrics. Raises InvalidInput."""
    batch = Batch()
    index = 0
    try:
        for resource in _all(raw, 1):
            tags = resource_tags({k: v for each in _all(resource, 1) for k, v in _attributes(each, 1).items()})
            for scope in _all(resource, 2):
                for metric in _all(scope, 2):
                    _read_metric(batch, index, metric, tags)
                    index += 1
    except Malformed as wrong:
        raise InvalidInput(f"body: is no ExportMetricsServiceRequest: {wrong}.", field="body") from None
    return batch


def _all(raw: bytes, position: int) -> list[bytes]:
    return [message(content) for number, _, content in fields(raw) if number == position]


def _read_metric(batch: Batch, index: int, raw: bytes, shared: Tags) -> None:
    name, unit, data = "", None, []
    for number, _, content in fields(raw):
        if number == 1:
            name = metric_name(text(content))
        elif number == 3:
            unit = unit_of(text(content))
        elif number in (GAUGE, SUM, HISTOGRAM, EXPONENTIAL, SUMMARY):
            data.append((number, message(content)))
    for kind, content in data:
        points = _all(content, 1)
        if kind == EXPONENTIAL:
            batch.reject(index, name, "exponential histograms are not taken; use explicit bounds", samples=len(points))
            continue
        for point in points:
            _read_point(batch, index, name, unit, kind, point, shared)


def _read_point(batch: Batch, index: int, name: str, unit: str | None, kind: int, raw: bytes, shared: Tags) -> None:
    tags = shared | _attributes(raw, _ATTRIBUTES[kind])
    time_ns = 0
    value: float | None = None
    numbers = Numbers()
    for number, _, content in fields(raw):
        if number == 3:
            time_ns = fixed64(content)
        elif number == _FLAGS[kind] and signed64(content) & 1:
            return  # OTLP's "no recorded value", its stale marker
        elif kind in (GAUGE, SUM):
            if number == 4:
                value = double(content)
            elif number == 6:
                value = float(fixed64(content, signed=True))
        else:
            _note(numbers, kind, number, content)
    if kind == HISTOGRAM:
        add_histogram(batch, index, name, unit, tags, time_ns, numbers)
    elif kind == SUMMARY:
        add_summary(batch, index, name, unit, tags, time_ns, numbers)
    elif value is not None:
        add_number(batch, index, name, unit, tags, time_ns, value)


def _note(numbers: Numbers, kind: int, number: int, content: int | bytes) -> None:
    """One field of a histogram's or a summary's point."""
    if number == 4:
        numbers.count = float(fixed64(content))
    elif number == 5:
        numbers.total = double(content)
    elif kind == HISTOGRAM and number == 6:
        numbers.buckets += packed(content, "Q")
    elif kind == HISTOGRAM and number == 7:
        numbers.bounds += packed(content, "d")
    elif kind == SUMMARY and number == 6:
        numbers.quantiles.append(_quantile(message(content)))


def _quantile(raw: bytes) -> tuple[float, float]:
    found = {number: double(content) for number, _, content in fields(raw) if number in (1, 2)}
    return found.get(1, 0.0), found.get(2, 0.0)


def _attributes(raw: bytes, position: int) -> Tags:
    """Attributes as tags; arrays, maps and bytes are left out."""
    tags: Tags = {}
    for pair in _all(raw, position):
        key = "".join(text(content) for number, _, content in fields(pair) if number == 1)
        for value in _all(pair, 2):
            for number, _, content in fields(value):
                if number == 1:
                    tags[key] = text(content)
                elif number == 2:
                    tags[key] = "true" if content else "false"
                elif number == 3:
                    tags[key] = str(signed64(content))
                elif number == 4:
                    tags[key] = f"{double(content):.12g}"
    return tags
