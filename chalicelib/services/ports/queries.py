"""What reports and health need of metric queries: many of them, all of one instant."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from chalicelib.services.metric_query import MetricQuery
from chalicelib.services.query import MetricAnswer


class Queries(Protocol):
    """Answers metric queries."""

    def run(self, query: MetricQuery) -> MetricAnswer:
        """The points asked for. Raises InvalidInput or Unavailable."""
        ...


class Together(Protocol):
    """Opens the store for many queries."""

    def queries(self) -> AbstractContextManager[Queries]:
        """Answers queries within the block, all of one instant. Raises Unavailable, also from within."""
        ...
