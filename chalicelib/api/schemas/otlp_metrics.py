"""OTLP's metrics in protobuf: where the numbers of each point stand, and which series they belong to."""

from __future__ import annotations

from math import inf
from struct import unpack_from

from chalicelib.api.schemas.otlp_attributes import attributes
from chalicelib.api.schemas.otlp_exponential import read_exponential
from chalicelib.api.schemas.otlp_plan import NOWHERE, PlanBuilder
from chalicelib.api.schemas.otlp_points import DELTA, Named, Tags, metric_name, unit_of
from chalicelib.api.schemas.protobuf import BYTES, FIXED64, Malformed, double, spans, text, varint

GAUGE, SUM, HISTOGRAM, EXPONENTIAL, SUMMARY = 5, 7, 9, 10, 11
_ATTRIBUTES = {GAUGE: 7, SUM: 7, HISTOGRAM: 9, EXPONENTIAL: 1, SUMMARY: 7}
_FLAGS = {GAUGE: 8, SUM: 8, HISTOGRAM: 10, EXPONENTIAL: 10, SUMMARY: 8}
_MIN, _MAX = 11, 12  # of a histogram


def read_metric(plan: PlanBuilder, raw: bytes, start: int, end: int, shared: Tags) -> None:
    """Plan the points of one Metric."""
    name, unit, data = "", None, []
    for number, kind, begin, close in spans(raw, start, end):
        if number == 1:
            name = metric_name(text(raw[begin:close]))
        elif number == 3:
            unit = unit_of(text(raw[begin:close]))
        elif number in _ATTRIBUTES:
            if kind != BYTES:
                raise Malformed("a field is a number where it must be bytes")
            data.append((number, begin, close))
    for of, begin, close in data:
        is_delta = any(number == 2 and varint(raw, at)[0] == DELTA for number, _, at, _ in spans(raw, begin, close))
        for number, _, first, last in spans(raw, begin, close):
            if number == 1:
                plan.begin_point()
                named = Named(name, unit, shared | attributes(raw, first, last, _ATTRIBUTES[of]), is_delta)
                _read_point(plan, raw, first, last, of, named)


def _read_point(plan: PlanBuilder, raw: bytes, start: int, end: int, of: int, named: Named) -> None:
    if _has_no_value(raw, start, end, _FLAGS[of]):
        return
    if of == EXPONENTIAL:
        read_exponential(plan, raw[start:end], named)
    elif of == HISTOGRAM:
        _read_histogram(plan, raw, start, end, named)
    elif of == SUMMARY:
        _read_summary(plan, raw, start, end, named)
    else:
        _read_number(plan, raw, start, end, named)


def _has_no_value(raw: bytes, start: int, end: int, flags: int) -> bool:
    """OTLP's "no recorded value", its stale marker."""
    return any(number == flags and varint(raw, at)[0] & 1 for number, _, at, _ in spans(raw, start, end))


def _read_number(plan: PlanBuilder, raw: bytes, start: int, end: int, named: Named) -> None:
    time_at, value_at = NOWHERE, None
    for number, kind, at, after in spans(raw, start, end):
        if number in (2, 5):  # since when it counts; exemplars
            plan.ignore(at, after)
        elif number == 3:
            time_at = _number(plan, kind, at, "Q")
        elif number in (4, 6):
            value_at = _number(plan, kind, at, "d" if number == 4 else "q")
    if value_at is not None:
        plan.add(named.series(), time_at, value_at)


def _read_histogram(plan: PlanBuilder, raw: bytes, start: int, end: int, named: Named) -> None:
    places: dict[int, int] = {}
    counts = 0
    bounds: list[float] = []
    for number, kind, at, after in spans(raw, start, end):
        if number in (3, 4, 5):
            places[number] = _number(plan, kind, at, "Q" if number < 5 else "d")
        elif number == 6:
            if counts:
                raise Malformed("bucket counts are not packed")
            counts = _packed(kind, at, after)
            places[6] = plan.numbers(at, "Q", counts)
        elif number == 7:
            bounds += [*unpack_from(f"<{_packed(kind, at, after)}d", raw, at)]
        elif number in (2, 8, _MIN, _MAX):
            plan.ignore(at, after)
    time_at = places.get(3, NOWHERE)
    if counts and counts != len(bounds) + 1:
        plan.reject("bucket_counts", "must be one more than the bounds")
        return
    if counts:
        plan.add_cumulated([named.bucket(bound) for bound in [*bounds, inf]], time_at, places[6])
    _add_count_and_sum(plan, named, time_at, places)


def _read_summary(plan: PlanBuilder, raw: bytes, start: int, end: int, named: Named) -> None:
    places: dict[int, int] = {}
    quantiles = []
    for number, kind, at, after in spans(raw, start, end):
        if number == 2:
            plan.ignore(at, after)
        elif number in (3, 4, 5):
            places[number] = _number(plan, kind, at, "Q" if number < 5 else "d")
        elif number == 6:
            quantile, value_at = 0.0, None
            for inner, of, begin, close in spans(raw, at, after):
                if inner == 1:
                    quantile = double(raw[begin:close])
                elif inner == 2:
                    value_at = _number(plan, of, begin, "d")
            if value_at is not None:
                quantiles.append((quantile, value_at))
    time_at = places.get(3, NOWHERE)
    for quantile, value_at in quantiles:
        plan.add(named.quantile(quantile), time_at, value_at)
    _add_count_and_sum(plan, named, time_at, places)


def _add_count_and_sum(plan: PlanBuilder, named: Named, time_at: int, places: dict[int, int]) -> None:
    plan.add(named.count(), time_at, places.get(4, NOWHERE))
    if 5 in places:
        plan.add(named.total(), time_at, places[5])


def _number(plan: PlanBuilder, kind: int, at: int, letter: str) -> int:
    if kind != FIXED64:
        raise Malformed("a number is not 8 bytes long")
    return plan.numbers(at, letter)


def _packed(kind: int, at: int, after: int) -> int:
    """How many numbers of 8 bytes there are."""
    if kind != BYTES or (after - at) % 8:
        raise Malformed("packed numbers are cut off")
    return (after - at) // 8
