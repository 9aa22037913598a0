"""Batches: every reading of one aggregation, window and offset in one computation, however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.services.rule_sources import Part, Source
from chalicelib.tsdb.windows import Ints, Members, Stretch, Windowed, values_at

Key = tuple[str, int, int]  # aggregation, window and offset in seconds


@dataclass(frozen=True, slots=True)
class _Batch:
    """The parts of one key, one behind the other."""

    parts: tuple[Part, ...]
    series: Ints
    cells: Ints
    count: int
    factors: NDArray[np.float64] | None
    hosts: Ints | None


class Batches:
    """All parts of some sources, computed together."""

    def __init__(self, sources: Iterable[Source]) -> None:
        parts: dict[Key, list[Part]] = defaultdict(list)
        counts: dict[Key, int] = defaultdict(int)
        self._places: dict[int, tuple[Key, int]] = {}
        for source in sources:
            for part in source.parts:
                key = (part.aggregation, part.window, part.offset)
                self._places[id(part)] = (key, counts[key])
                counts[key] += len(part.groups)
                parts[key].append(part)
        self._batches = {key: _batch(found, counts[key]) for key, found in parts.items()}

    def place(self, part: Part) -> tuple[Key, int]:
        """In which batch a part is, and at which of its cells it begins."""
        return self._places[id(part)]

    def compute(self, stretch_at: Callable[[int], Stretch], instant: int) -> Computed:
        """The values of all parts at an instant (epoch ms); `stretch_at` has the samples some seconds back."""
        found = {}
        for key, batch in self._batches.items():
            aggregation, window, offset = key
            held = stretch_at(offset)
            members = Members(held.rows_of(batch.series), batch.cells, batch.count, batch.factors, batch.hosts)
            at = np.array([instant - offset * 1000], np.int64)
            found[key] = values_at(held, members, aggregation, window * 1000, at)
        return Computed(self, found)


@dataclass(frozen=True, slots=True)
class Computed:
    """The values of all batches at one instant."""

    batches: Batches
    values: Mapping[Key, Windowed]

    def of_source(self, source: Source) -> Windowed:
        """The values of a source's groups."""
        return source.combine([self._of_part(part) for part in source.parts])

    def _of_part(self, part: Part) -> Windowed:
        key, begin = self.batches.place(part)
        windowed = self.values[key]
        end = begin + len(part.groups)
        return Windowed(windowed.values[begin:end], windowed.counts[begin:end])


def _batch(parts: Sequence[Part], count: int) -> _Batch:
    cells, begin = [], 0
    for part in parts:
        cells.append(part.group_of + begin)
        begin += len(part.groups)
    factors = None
    if any(part.factors is not None for part in parts):
        factors = np.concatenate(
            [np.ones(len(part.series)) if part.factors is None else part.factors for part in parts]
        )
    hosts = [part.hosts for part in parts if part.hosts is not None]
    return _Batch(
        parts=tuple(parts),  # kept alive: they are known by their identity
        series=np.concatenate([part.series for part in parts]),
        cells=np.concatenate(cells),
        count=count,
        factors=factors,
        hosts=np.concatenate(hosts) if hosts else None,
    )
