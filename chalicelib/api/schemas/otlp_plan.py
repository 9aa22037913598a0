"""How to read a resource's metrics whose bytes are laid out as before: only times and numbers are others."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from struct import Struct
from typing import Any

from chalicelib.services.incoming import Batch, Series

NOWHERE = -1  # where a number is found that was left out because it is 0
_EACH_POINT = 300  # bytes of a plan beside the export's own, roughly


class Plan:
    """The layout of one ResourceMetrics. Another one fits it if it is as long and all that stands between its numbers
    is the same, byte by byte: then its fields are the same, too."""

    def __init__(self, builder: PlanBuilder) -> None:
        self._layout = builder.layout()
        self._between_at = tuple(builder.between_at)
        self._between = tuple(builder.between)
        self._series = builder.series
        self._times_at = builder.times_at
        self._values_at = builder.values_at
        self._indexes = builder.indexes
        self._cumulated = builder.cumulated
        self._rejected = builder.rejected
        self._literal = builder.literal
        self.metrics = builder.metrics
        self.comes_again = not builder.literal
        self.weight = 2 * self._layout.size + _EACH_POINT * len(self._series)

    def read(self, raw: bytes, batch: Batch, first: int) -> bool:
        """Add what these bytes say to the batch, if they fit; its metrics are counted from `first`."""
        if len(raw) != self._layout.size:
            return False
        found: Sequence[Any] = (*self._layout.unpack(raw), 0)
        if tuple([found[at] for at in self._between_at]) != self._between:
            return False
        points = batch.points
        points.series += self._series
        points.times += [found[at] // 1_000_000 for at in self._times_at]
        points.values += [found[at] for at in self._values_at]
        points.indexes += [first + index for index in self._indexes]
        for index, series, time_at, begin, end in self._cumulated:
            time = found[time_at] // 1_000_000
            for each, value in zip(series, accumulate(found[begin:end]), strict=True):
                points.add(first + index, each, time, value)
        for index, field, reason, samples in self._rejected:
            batch.reject(first + index, field, reason, samples)
        for index, each, time, value in self._literal:
            points.add(first + index, each, time, value)
        return True


class PlanBuilder:
    """Collects what a reader finds in a ResourceMetrics, in the order of its bytes."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._format = ["<"]
        self._reached = 0
        self._items = 0
        self.between_at: list[int] = []
        self.between: list[bytes] = []
        self.series: list[Series] = []
        self.times_at: list[int] = []
        self.values_at: list[int] = []
        self.indexes: list[int] = []
        self.cumulated: list[tuple[int, list[Series], int, int, int]] = []
        self.rejected: list[tuple[int, str, str, int]] = []
        self.literal: list[tuple[int, Series, int, float]] = []
        self.metrics = 0

    def numbers(self, start: int, letter: str, count: int = 1) -> int:
        """Numbers of 8 bytes that may differ, as struct's letter has them; where they will be found."""
        self._skip_to(start)
        self._format.append(f"{count}{letter}")
        self._reached = start + 8 * count
        place = self._items
        self._items += count
        return place

    def ignore(self, start: int, end: int) -> None:
        """Bytes that may differ and say nothing that is kept."""
        self._skip_to(start)
        self._format.append(f"{end - start}x")
        self._reached = end

    def _skip_to(self, start: int) -> None:
        if start > self._reached:
            self._format.append(f"{start - self._reached}s")
            self.between_at.append(self._items)
            self.between.append(self._raw[self._reached : start])
            self._items += 1

    def add(self, series: Series, time_at: int, value_at: int) -> None:
        """A point of the metric that is being read: where its time (ns) and its value will be found."""
        self.series.append(series)
        self.times_at.append(time_at)
        self.values_at.append(value_at)
        self.indexes.append(self.metrics)

    def add_cumulated(self, series: list[Series], time_at: int, begin: int) -> None:
        """Points of several series whose values are the counts from `begin` on, added up."""
        if series:
            self.cumulated.append((self.metrics, series, time_at, begin, begin + len(series)))

    def add_literal(self, series: Series, time: int, value: float) -> None:
        """A point of the metric that is being read, with its time (ms) and its value: such a plan is good once."""
        self.literal.append((self.metrics, series, time, value))

    def reject(self, field: str, reason: str, samples: int = 1) -> None:
        """Points of the metric that is being read which cannot be recorded."""
        self.rejected.append((self.metrics, field, reason, samples))

    def layout(self) -> Struct:
        """All that was collected, to the last byte."""
        self._skip_to(len(self._raw))
        return Struct("".join(self._format))
