"""Values with their units, as people read them."""

from __future__ import annotations

import math

_GLUED = {"percent": "%", "ms": "ms", "s": "s", "us": "us", "B": " B", "": "", "count": ""}


def write_quantity(value: float | None, unit: str) -> str:
    """`245ms`, `82.3%`, `1.5 GB`, `no data`: at most four significant digits, unless the whole part has more."""
    if value is None or math.isnan(value):
        return "no data"
    return f"{_number(value)}{_GLUED.get(unit, f' {unit}')}"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return f"{value}"
    if abs(value) >= 1000 or value == int(value):
        return f"{value:.0f}" if abs(value) < 1e15 else f"{value:.4g}"
    return f"{value:.4g}"


def write_span(seconds: float) -> str:
    """`45 s`, `5 min`, `2 h 10 min`, `3 d 4 h`: the two largest parts."""
    left = max(0, round(seconds))
    parts = []
    for size, name in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if left >= size:
            parts.append(f"{left // size} {name}")
            left %= size
    return " ".join(parts[:2]) or "0 s"
