"""Units of one family convert into each other; others do not mix."""

from __future__ import annotations

# family -> unit -> how many of the family's first unit it is
_FAMILIES: tuple[dict[str, float], ...] = (
    {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0, "d": 86_400.0},
    {"B": 1.0, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30},
    {"B/s": 1.0, "kB/s": 1e3, "MB/s": 1e6, "GB/s": 1e9, "KiB/s": 2.0**10, "MiB/s": 2.0**20, "GiB/s": 2.0**30},
    {"ratio": 1.0, "percent": 0.01, "%": 0.01},
    {"requests/s": 1.0, "1/s": 1.0, "requests/min": 1 / 60, "1/min": 1 / 60},
)


def factor(unit: str, wanted: str) -> float | None:
    """What a value in `unit` is to be multiplied with to be one in `wanted`; None when they do not convert."""
    if unit == wanted:
        return 1.0
    for family in _FAMILIES:
        if unit in family and wanted in family:
            return family[unit] / family[wanted]
    return None
