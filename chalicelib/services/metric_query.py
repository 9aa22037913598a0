"""What a query asks."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.selectors import Selection


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """What is asked: [start, end) and step in ms; `group_by` empty = one series over all, `topk` 0 = all groups."""

    metric_type: str
    start: int
    end: int
    step: int
    aggregation: str = "avg"
    unit: str | None = None
    selection: Selection = ()
    group_by: tuple[str, ...] = ()
    fill: str = "none"
    topk: int = 0
