"""What queries need of the world: one snapshot of the store, the newest frames, the catalogue."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import TYPE_CHECKING, Protocol

from chalicelib.domain.browsing import Cardinality, MetricEntry, TagEntry
from chalicelib.domain.series import NO_TAGS, Definition
from chalicelib.tsdb.progress import DrainState

if TYPE_CHECKING:  # the ingest path reads this page and must not import numpy
    from chalicelib.tsdb.rollups import Part, Rollups
    from chalicelib.tsdb.stored import Stored


class Snapshot(Protocol):
    """The store at one instant."""

    def progress(self) -> tuple[DrainState, dict[int, int]]:
        """How far the stream is drained, and how many frames of each writer."""
        ...

    def series_of(self, metric_type: str, tags: Mapping[str, str] = NO_TAGS) -> dict[int, Definition]:
        """The series of a metric type in the catalogue that carry these tags, by id; others may come with them."""
        ...

    def stored(
        self,
        metric_type: str,
        start: int,
        end: int,
        series: tuple[int, int],
        *,
        but: Sequence[int] = (),
        sealed_from: int | None = None,
    ) -> Stored:
        """What it holds of a metric type: blocks that may have samples of [start, end), instants in epoch ms, and of
        series ids from the first to the second; slices of heads; how far the drain is and which series there are.

        Blocks of hours in `but` are left out. With `sealed_from` it is also told whether samples from then on, and
        before `end`, have been let go; blocks are left out then, rollups will be read.
        """
        ...

    def is_sealed(self, metric_type: str, start: int, end: int) -> bool:
        """Whether samples of a metric type of [start, end) have been let go, so that only rollups tell of them all."""
        ...

    def rollups(self, metric_type: str, seconds: int, start: int, end: int, part: Part) -> Rollups:
        """Its rollups of a resolution in the hours that meet [start, end), as far as a part of their columns goes.

        Heads are in none of these hours.
        """
        ...


class SampleStore(Protocol):
    """Where samples are read from."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Everything read from it is of one instant. Raises Unavailable."""
        ...

    def stored(
        self, metric_type: str, start: int, end: int, series: tuple[int, int], *, sealed_from: int | None = None
    ) -> Stored:
        """What a snapshot of this moment would hold of a metric type, where that is all. Raises Unavailable."""
        ...


class NewestFrames(Protocol):
    """The stream, read backwards."""

    def read_newest(self, before: str, since: str, count: int) -> list[tuple[str, bytes]]:
        """Up to `count` entries down from the id `before`, not older than `since`; newest first. Raises Unavailable."""
        ...


class Catalogue(Protocol):
    """Which series there are."""

    def series_of(self, metric_types: Sequence[str]) -> dict[int, Definition]:
        """Every series of these metric types, by id. Raises Unavailable."""
        ...

    def metric_types(self) -> list[str]:
        """The names of all metric types. Raises Unavailable."""
        ...


class QueryNotes(Protocol):
    """Where it is written down what people ask for."""

    def queried(self, metric_types: Collection[str], day: date) -> bool:
        """Note the day for those that there are; whether there is any. Raises Unavailable."""
        ...


class CatalogueBrowser(Protocol):
    """The catalogue as people browse it."""

    def metrics(self, after: str, limit: int) -> list[MetricEntry]:
        """Up to `limit` metric types in the order of their names, from behind the name `after`. Raises Unavailable."""
        ...

    def names(self) -> list[str]:
        """The names of all metric types. Raises Unavailable."""
        ...

    def tags(self, metric_type: str | None, limit: int) -> list[TagEntry]:
        """Up to `limit` tags of one metric type or of all, by key. Raises Unavailable."""
        ...

    def cardinality(self, limit: int) -> Cardinality:
        """The size of it all, with up to `limit` metric types and as many tag keys. Raises Unavailable."""
        ...
