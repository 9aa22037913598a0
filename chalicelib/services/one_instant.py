"""Many queries over one snapshot: everything they find is of one instant, and what they share is read once.

A report asks some fifty queries, health half a dozen. Each by itself would open a snapshot, read how far the stream is
drained, the frames behind that and the series of its metric type: more than the samples cost.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, cast

from chalicelib.domain.series import NO_TAGS, Definition
from chalicelib.services.derived import DerivedQueries
from chalicelib.services.ports.drain import FrameSource
from chalicelib.services.ports.reading import SampleStore, Snapshot
from chalicelib.services.query import QueryMetrics
from chalicelib.tsdb.progress import DrainState
from chalicelib.tsdb.rollups import Part, Rollups
from chalicelib.tsdb.stored import Stored


class OneInstant:
    """Opens the store for many queries."""

    def __init__(self, source: FrameSource, store: SampleStore) -> None:
        self._source = source
        self._store = store

    @contextlib.contextmanager
    def queries(self) -> Iterator[DerivedQueries]:
        """Answers queries within the block, all as of its beginning. Raises Unavailable, also from within."""
        with self._store.snapshot() as snapshot:
            source = cast("FrameSource", _HeldFrames(self._source))
            yield DerivedQueries(QueryMetrics(source, _Held(cast("Snapshot", _HeldSnapshot(snapshot)))))


class _Held:
    """A store that hands out one snapshot, again and again."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def snapshot(self) -> contextlib.AbstractContextManager[Snapshot]:
        return contextlib.nullcontext(self._snapshot)

    def stored(
        self, metric_type: str, start: int, end: int, series: tuple[int, int], *, sealed_from: int | None = None
    ) -> Stored:
        return self._snapshot.stored(metric_type, start, end, series, sealed_from=sealed_from)


class _HeldSnapshot:
    """A snapshot that remembers what every query asks; all else it passes on."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._progress: tuple[DrainState, dict[int, int]] | None = None
        self._series: dict[str, dict[int, Definition]] = {}
        self._rollups: dict[object, Rollups] = {}

    def progress(self) -> tuple[DrainState, dict[int, int]]:
        if self._progress is None:
            self._progress = self._snapshot.progress()
        return self._progress

    def series_of(self, metric_type: str, tags: Mapping[str, str] = NO_TAGS) -> dict[int, Definition]:
        if metric_type not in self._series:
            self._series[metric_type] = self._snapshot.series_of(metric_type)
        return dict(self._series[metric_type])

    def rollups(self, metric_type: str, seconds: int, start: int, end: int, part: Part) -> Rollups:
        key = (metric_type, seconds, start, end, part)
        if key not in self._rollups:
            self._rollups[key] = self._snapshot.rollups(metric_type, seconds, start, end, part)
        return self._rollups[key]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._snapshot, name)


class _HeldFrames:
    """The undrained frames, read once; all else is passed on."""

    def __init__(self, source: FrameSource) -> None:
        self._source = source
        self._pages: dict[tuple[str, int], list[tuple[str, bytes]]] = {}

    def read(self, start: str, count: int) -> list[tuple[str, bytes]]:
        if (start, count) not in self._pages:
            self._pages[start, count] = self._source.read(start, count)
        return self._pages[start, count]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)
