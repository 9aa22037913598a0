"""Gathers what a query is about: the chosen series, their samples in order, and rollups where these stand for samples.

1. Series chosen before are asked for by one statement; what it says of the catalogue tells whether the choice holds.
2. Otherwise, and where rollups are read, one snapshot gives the series, the rollups and the packed samples.
3. Then the stream is read from the drain's offset on: every accepted sample is seen exactly once.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.selectors import exact_tags
from chalicelib.services.choice import Choice, Choosing, choose
from chalicelib.services.choices import Choices
from chalicelib.services.metric_query import MetricQuery
from chalicelib.services.ports.drain import FrameSource
from chalicelib.services.ports.reading import SampleStore, Snapshot
from chalicelib.services.tiers import look_back, may_be_rolled, resolution
from chalicelib.services.undrained import read_undrained
from chalicelib.tsdb.blocks import decode_runs
from chalicelib.tsdb.columns import read_definitions_of, read_frames
from chalicelib.tsdb.head import unpack_slices
from chalicelib.tsdb.rolled_hours import hours_of
from chalicelib.tsdb.rollups import Rollups, nothing, part_of
from chalicelib.tsdb.runs import Runs, merge_runs, of_arrived
from chalicelib.tsdb.stored import Stored
from chalicelib.tsdb.wanted import Wanted

_EVERYTHING_BUT_SAMPLES = (1, 0)  # a reach in which no series lies


@dataclass(frozen=True, slots=True)
class Gathered:
    """The chosen series, their samples, and their rollups of `seconds` (0 = none were read)."""

    choice: Choice
    samples: Runs
    rolled: Rollups
    seconds: int


@dataclass(frozen=True, slots=True)
class _Read:
    """What the store holds of a choice."""

    choice: Choice
    stored: Stored
    rolled: Rollups
    seconds: int


class Gather:
    """Gathers, and remembers what it chose."""

    def __init__(self, source: FrameSource, store: SampleStore) -> None:
        self._source = source
        self._store = store
        self._choices = Choices()

    def run(self, query: MetricQuery) -> Gathered:
        """All that a query looks at, also from before its range. Raises InvalidInput or Unavailable."""
        choosing = Choosing(
            query.metric_type,
            query.unit,
            query.selection,
            query.group_by,
            is_count=query.aggregation == "count",
            is_topk=query.topk > 0,
        )
        read = self._at_once(query, choosing) or self._in_a_snapshot(query, choosing)
        choice = read.choice
        wanted = _wanted(query, choice, read.seconds)
        parts = [decode_runs(block, wanted) for block in read.stored.blocks]
        parts += unpack_slices(read.stored.slices, wanted)
        if frames := read_undrained(self._source, read.stored.state, read.stored.marks):
            new = read_definitions_of(query.metric_type, frames)
            if not new.keys() <= choice.definitions.keys():
                choice = choose(choosing, {**choice.definitions, **new})
            parts.append(of_arrived(_wanted(query, choice, read.seconds).of(read_frames(frames))))
        return Gathered(choice, merge_runs(parts, choice.sampled), read.rolled, read.seconds)

    def tag_keys(self, metric_type: str) -> set[str]:
        """Every tag key that a series of this metric type carries. Raises Unavailable."""
        with self._store.snapshot() as snapshot:
            state, marks = snapshot.progress()
            definitions = snapshot.series_of(metric_type)
        definitions |= read_definitions_of(metric_type, read_undrained(self._source, state, marks))
        return {key for each in definitions.values() for key, _ in each.tags}

    def _at_once(self, query: MetricQuery, choosing: Choosing) -> _Read | None:
        """By one statement; None if series have to be chosen first, or rollups to be read."""
        choice = self._choices.get(choosing)
        if choice is None or resolution(query.aggregation, query.start, query.end, query.step, is_sealed=False):
            return None
        wanted = _wanted(query, choice, 0)
        sealed_from = query.start if may_be_rolled(query.aggregation, query.step) else None
        stored = self._store.stored(
            query.metric_type, wanted.start, wanted.end, _reach(choice), sealed_from=sealed_from
        )
        if not self._choices.holds(choosing, stored) or stored.is_sealed:
            return None
        return _Read(choice, stored, nothing(), 0)

    def _in_a_snapshot(self, query: MetricQuery, choosing: Choosing) -> _Read:
        with self._store.snapshot() as snapshot:
            if (choice := self._choices.get(choosing)) is not None:
                read = _read(query, choice, snapshot)
                if self._choices.holds(choosing, read.stored):
                    return read
            choice = choose(choosing, snapshot.series_of(query.metric_type, exact_tags(query.selection)))
            read = _read(query, choice, snapshot)
        self._choices.keep(choosing, choice, read.stored)
        return read


def _read(query: MetricQuery, choice: Choice, snapshot: Snapshot) -> _Read:
    """What a snapshot holds of a choice: rollups for hours that have them, if they are to be read, and samples."""
    seconds = _resolution(query, snapshot) if len(choice.ids) else 0
    wanted = _wanted(query, choice, seconds)
    rolled, hours = nothing(), []
    if seconds:
        part = part_of(query.aggregation)
        rolled = snapshot.rollups(query.metric_type, seconds, wanted.start, wanted.end, part)
        hours = hours_of(rolled.times)
        rolled = rolled.where(wanted.has(rolled.ids) & wanted.holds(rolled.times))
    stored = snapshot.stored(query.metric_type, wanted.start, wanted.end, _reach(choice), but=hours)
    return _Read(choice, stored, rolled, seconds)


def _resolution(query: MetricQuery, snapshot: Snapshot) -> int:
    """The seconds of the rollups to read, 0 for samples."""
    if not may_be_rolled(query.aggregation, query.step):
        return 0
    is_sealed = snapshot.is_sealed(query.metric_type, query.start, query.end)
    return resolution(query.aggregation, query.start, query.end, query.step, is_sealed=is_sealed)


def _wanted(query: MetricQuery, choice: Choice, seconds: int) -> Wanted:
    """All that a query looks at of these series."""
    return Wanted(choice.ids, query.start - look_back(query.aggregation, seconds), query.end)


def _reach(choice: Choice) -> tuple[int, int]:
    """The lowest and the highest series."""
    return (int(choice.ids[0]), int(choice.ids[-1])) if len(choice.ids) else _EVERYTHING_BUT_SAMPLES
