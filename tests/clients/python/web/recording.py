"""A client with memory, for middleware."""

from __future__ import annotations

from typing import Any


class Recording:
    """`told` are metric, endpoint and status of what was recorded."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []

    @property
    def recorder(self) -> Any:
        """Itself."""
        return self

    def record(self, metric_type: str, value: float, unit: str, tags: dict[str, str]) -> bool:
        """Remember."""
        assert value >= 0
        assert unit == {"response_time": "ms", "error_rate": "count"}[metric_type]
        self.told.append((metric_type, tags["endpoint"], tags["statusCode"]))
        return True
