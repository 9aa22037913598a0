"""OTLP's exponential histograms as buckets with bounds: the bins of any scale, brought to one that stays the same.

A bin of scale s ends at 2 ** ((index + 1) / 2 ** s), so every bound of a coarse scale is one of each finer scale. SDKs
begin with a very fine scale and make it coarser as values spread; here no bin is finer than scale 4 (4.4 % wide), so
that bounds stay and their counters go on.
"""

from __future__ import annotations

from math import inf

from chalicelib.api.schemas.otlp_plan import PlanBuilder
from chalicelib.api.schemas.otlp_points import Named
from chalicelib.api.schemas.protobuf import BYTES, Malformed, double, fields, fixed64, message, signed64, varint

FINEST = 4
MAX_BINS = 400  # more than any SDK makes; each is a series
_MAX_SCALE, _MIN_SCALE = 20, -10
Bins = dict[int, int]


def bucket_counts(
    scale: int, zeros: int, positive: tuple[int, list[int]], negative: tuple[int, list[int]]
) -> list[tuple[float, int]]:
    """(bound, how many up to it) ascending, ending with infinity; the sides are (offset, counts) as OTLP has them.

    Every bound between the lowest and the highest bin is there, whether its bin is empty or not. Raises ValueError.
    """
    above, below = _coarse(scale, *positive), _coarse(scale, *negative)
    if len(above) + len(below) > MAX_BINS:
        raise ValueError(f"has over {MAX_BINS} bins")
    scale = min(scale, FINEST)
    found: list[tuple[float, int]] = []
    up_to = 0
    for index in sorted(below, reverse=True):
        up_to += below[index]
        found.append((-_bound(scale, index), up_to))
    up_to += zeros
    if zeros or below:
        found.append((0.0, up_to))
    if above:
        found.append((_bound(scale, min(above)), up_to))
    for index in sorted(above):
        up_to += above[index]
        found.append((_bound(scale, index + 1), up_to))
    last: dict[float, int] = dict(found) | {inf: up_to}
    return [*last.items()]


def _bound(scale: int, index: int) -> float:
    return float(2.0 ** (index / 2.0**scale))


def _coarse(scale: int, offset: int, counts: list[int]) -> Bins:
    """Counts by index at a scale that is at most FINEST, without gaps."""
    if not _MIN_SCALE <= scale <= _MAX_SCALE:
        raise ValueError(f"scale must be {_MIN_SCALE} to {_MAX_SCALE}, not {scale}")
    filled = [place for place, count in enumerate(counts) if count]
    if not filled:
        return {}
    shift = max(0, scale - FINEST)
    least, most = offset + filled[0] >> shift, offset + filled[-1] >> shift
    reach = 1074 << min(scale, FINEST) if scale > 0 else 1074 >> -scale
    if not -reach - 2 < least <= most < reach:
        raise ValueError("has bins beyond what a number can be")
    if most - least >= MAX_BINS:
        raise ValueError(f"has over {MAX_BINS} bins")
    bins = dict.fromkeys(range(least, most + 1), 0)
    for place in filled:
        bins[offset + place >> shift] += counts[place]
    return bins


def read_exponential(plan: PlanBuilder, raw: bytes, named: Named) -> None:
    """Plan the buckets, the count and the sum of one point in protobuf: their bytes change too much for a plan."""
    time, count, total, scale, zeros = 0, 0, None, 0, 0
    sides: dict[int, tuple[int, list[int]]] = {8: (0, []), 9: (0, [])}
    for number, _, content in fields(raw):
        if number == 3:
            time = fixed64(content) // 1_000_000
        elif number == 4:
            count = fixed64(content)
        elif number == 5:
            total = double(content)
        elif number == 6:
            scale = _zigzag(content)
        elif number == 7:
            zeros = fixed64(content)
        elif number in sides:
            sides[number] = _side(message(content))
    if named.is_delta:
        plan.reject(named.name, "exponential histograms are taken cumulated, not as deltas")
        return
    try:
        buckets = bucket_counts(scale, zeros, sides[8], sides[9])
    except (ValueError, OverflowError) as wrong:
        plan.reject(named.name, str(wrong))
        return
    for bound, up_to in buckets:
        plan.add_literal(named.bucket(bound), time, up_to)
    plan.add_literal(named.count(), time, count)
    if total is not None:
        plan.add_literal(named.total(), time, total)


def _side(raw: bytes) -> tuple[int, list[int]]:
    offset, counts = 0, []
    for number, kind, content in fields(raw):
        if number == 1:
            offset = _zigzag(content)
        elif number == 2 and kind == BYTES:
            packed, at = message(content), 0
            if len(packed) > 20 * 1024:
                raise Malformed("a histogram has too many bins")
            while at < len(packed):
                count, at = varint(packed, at)
                counts.append(count)
    return offset, counts


def _zigzag(content: int | bytes) -> int:
    """A varint that is a sint32."""
    number = signed64(content)
    return number >> 1 ^ -(number & 1)
