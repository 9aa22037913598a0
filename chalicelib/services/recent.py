"""The newest samples of what rules read, kept in memory from one tick to the next.

1. A tick reads only the head rows that are new. Whoever missed some, because they are part of blocks by now, because
   another container had its turns, or because the database is a restored one, reads all anew.
2. A series' samples go when no window can reach them any more; its last three stay, they tell its interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.gaps import REPLAY_AT_MOST_MS
from chalicelib.domain.series import Definition, Kind
from chalicelib.services.ports.evaluation import RecentSnapshot, RecentStore
from chalicelib.tsdb.columns import EMPTY, Columns, join
from chalicelib.tsdb.merge import in_order
from chalicelib.tsdb.windows import MAX_INTERVAL_MS, Stretch, intervals, stretch

LOOK_BACK_MS = 3 * MAX_INTERVAL_MS  # enough for the last three samples of a series with the longest interval
KEPT_OF_EACH = 3
FORGET_AFTER_MS = 25 * 3_600_000
AHEAD_MS = 3_600_000  # samples may lie a little in the future


@dataclass(slots=True)
class Arrived:
    """What is new since the last look: the series that sent, and the newest time of each (epoch ms)."""

    ids: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    newest: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))


@dataclass(frozen=True, slots=True)
class _Known:
    """The known series, ascending: whether each is sampled, and how far back in ms its samples are wanted."""

    ids: NDArray[np.int64]
    is_sampled: NDArray[np.bool_]
    reach: NDArray[np.int64]


class Recent:
    """The newest samples of some metric types."""

    def __init__(self, store: RecentStore) -> None:
        self._store = store
        self._reach: dict[str, int] = {}
        self._position = -1
        self._epoch = -1
        self._frames = 0
        self.definitions: dict[int, Definition] = {}
        self._known = _Known(np.empty(0, np.int64), np.empty(0, bool), np.empty(0, np.int64))
        self.held: Stretch = stretch(EMPTY, np.empty(0, bool))
        self.grown: set[str] = set()  # the metric types that got a series with the last look

    def catch_up(self, reach: Mapping[str, int], now: int) -> Arrived:
        """Read what is new of the metric types in `reach`, which says how far back each is wanted, in ms.

        Raises Unavailable; what was held before then stays as it was.
        """
        with self._store.snapshot() as snapshot:
            position = snapshot.position()
            is_continued = (
                self._position >= position.compacted
                and self._epoch == position.epoch
                and self._frames <= position.frames
                and all(self._reach.get(name, -1) >= wanted for name, wanted in reach.items())
            )
            heads = snapshot.heads_after(self._position) if is_continued else snapshot.heads_after(position.compacted)
            if is_continued:
                added = [slices[name] for slices in heads for name in reach if name in slices]
                self._learn(snapshot, added, reach)
            else:
                self._read_all(snapshot, reach, now)
                added = []
        self._position, self._epoch, self._frames = position.newest, position.epoch, position.frames
        self._reach = dict(reach)
        if added or not is_continued:
            self._keep(added, now)
        return _arrived([columns for slices in heads for columns in slices.values()])

    def by_metric(self) -> dict[str, dict[int, Definition]]:
        """The series of each metric type, by id."""
        found: dict[str, dict[int, Definition]] = {name: {} for name in self._reach}
        for series, definition in self.definitions.items():
            if definition.metric_type in found:
                found[definition.metric_type][series] = definition
        return found

    def _learn(self, snapshot: RecentSnapshot, added: list[Columns], reach: Mapping[str, int]) -> None:
        """Look up the series that were not known."""
        self.grown = set()
        if not added:
            return
        ids = np.concatenate([columns.ids for columns in added])
        if unknown := np.setdiff1d(ids, self._known.ids).tolist():
            found = snapshot.series_by_id(unknown)
            self.definitions |= {each: found[each] for each in unknown}
            self.grown = {definition.metric_type for definition in found.values()}
            self._know(reach)

    def _read_all(self, snapshot: RecentSnapshot, reach: Mapping[str, int], now: int) -> None:
        self.definitions = snapshot.series_of(list(reach))
        self._know(reach)
        self.grown = set(reach)
        parts = []
        for name, wanted in reach.items():
            start = now - max(wanted, LOOK_BACK_MS) - REPLAY_AT_MOST_MS
            columns = join(snapshot.samples_between(name, start, now + AHEAD_MS))
            parts.append(columns.where(columns.times > start))
        samples = join(parts)
        known = np.isin(samples.ids, self._known.ids)
        self.held = self._in_order(samples if known.all() else samples.where(known))

    def _keep(self, added: list[Columns], now: int) -> None:
        """Put new samples among those held, and let go of what no window reaches any more."""
        held = self._in_order(join([self.held.samples, *added])) if added else self.held
        samples, lengths = held.samples, np.diff(held.starts)
        reach = self._known.reach[np.searchsorted(self._known.ids, held.ids)]
        last = held.starts[1:] - 1
        interval = intervals(held)[last] if len(samples) else reach
        limit = now - REPLAY_AT_MOST_MS - np.maximum(reach, 4 * interval)
        from_end = np.repeat(held.starts[1:], lengths) - np.arange(len(samples))
        kept = (samples.times > np.repeat(limit, lengths)) | (from_end <= KEPT_OF_EACH)
        kept &= samples.times > now - max(FORGET_AFTER_MS, int(reach.max(initial=0)) + REPLAY_AT_MOST_MS)
        self.held = held if kept.all() else self._stretch(samples.where(kept))

    def _in_order(self, samples: Columns) -> Stretch:
        return self._stretch(in_order(samples, self._sampled))

    def _stretch(self, samples: Columns) -> Stretch:
        return stretch(samples, self._sampled(samples.ids))

    def _sampled(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        return self._known.is_sampled[np.searchsorted(self._known.ids, ids)]

    def _know(self, reach: Mapping[str, int]) -> None:
        """Have what is asked of every series at every tick as arrays."""
        ids = sorted(self.definitions)
        found = [self.definitions[each] for each in ids]
        self._known = _Known(
            np.array(ids, np.int64),
            np.array([each.kind is Kind.SAMPLED for each in found], bool),
            np.array([reach.get(each.metric_type, 0) for each in found], np.int64),
        )


def _arrived(parts: list[Columns]) -> Arrived:
    samples = join(parts)
    if not len(samples):
        return Arrived()
    order = np.argsort(samples.ids, kind="stable")
    ids, times = samples.ids[order], samples.times[order]
    starts = np.flatnonzero(np.concatenate(([True], ids[1:] != ids[:-1])))
    return Arrived(ids[starts], np.maximum.reduceat(times, starts))
