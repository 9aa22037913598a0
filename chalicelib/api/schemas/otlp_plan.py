"""How to read a resource's metrics whose bytes are laid out as before: only times and numbers are others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from math import isnan
from operator import itemgetter
from struct import Struct
from typing import Any

from chalicelib.api.schemas.protobuf import Malformed
from chalicelib.services.incoming import Batch, Run, Series, Together

MAX_POINTS = 50_000  # of one resource, in one request
NOWHERE = -1  # where a number is found that was left out because it is 0
_EACH_POINT = 300  # bytes of a plan beside the export's own, roughly


class Plan:
    """The layout of one ResourceMetrics. Another one fits it if it is as long and all that stands between its numbers
    is the same, byte by byte: then its fields are the same, too."""

    def __init__(self, builder: PlanBuilder) -> None:
        self._layout = builder.layout()
        self._pick_between = _picker(builder.between_at)
        self._between = tuple(builder.between)
        cumulated = [(index, each) for index, group, *_ in builder.cumulated for each in group]
        self._together = Together(
            [*builder.series, *(each for _, each in cumulated)],
            [*builder.indexes, *(index for index, _ in cumulated)],
        )
        self._pick_times = _picker(builder.times_at)
        self._pick_values = _picker(builder.values_at)
        self._cumulated = [(time_at, begin, end) for _, _, time_at, begin, end in builder.cumulated]
        self._rejected = builder.rejected
        self._literal = builder.literal
        self.metrics = builder.metrics
        self.comes_again = not builder.literal
        self.weight = 2 * self._layout.size + _EACH_POINT * len(self._together.series)

    def read(self, raw: bytes, batch: Batch, first: int) -> bool:
        """Add what these bytes say to the batch, if they fit; its metrics are counted from `first`."""
        if len(raw) != self._layout.size:
            return False
        found: Sequence[Any] = (*self._layout.unpack(raw), 0)
        if self._pick_between(found) != self._between:
            return False
        times = _milliseconds(self._pick_times(found))
        values = [*self._pick_values(found)]
        for time_at, begin, end in self._cumulated:
            times += [found[time_at] // 1_000_000] * (end - begin)
            values += accumulate(found[begin:end])
        if times:
            run = Run(self._together, first, times, values)
            if any(map(isnan, values)):
                run.add_to(batch.points)
            else:
                batch.runs.append(run)
        for index, field, reason, samples in self._rejected:
            batch.reject(first + index, field, reason, samples)
        for index, each, time, value in self._literal:
            batch.points.add(first + index, each, time, value)
        return True


def _picker(places: list[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """What takes the items at these places."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda found: tuple([found[place] for place in places])


def _milliseconds(times: tuple[int, ...]) -> list[int]:
    """Of nanoseconds, which mostly are all the same."""
    if times and times.count(times[0]) == len(times):
        return [times[0] // 1_000_000] * len(times)
    return [time // 1_000_000 for time in times]


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
        self._points = 0

    def begin_point(self) -> None:
        """Another point. Raises Malformed when there are more than any client sends."""
        self._points += 1
        if self._points > MAX_POINTS:
            raise Malformed(f"over {MAX_POINTS} points of one resource; send smaller requests")

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
