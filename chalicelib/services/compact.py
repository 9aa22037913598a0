"""Compact: turn the drain's head rows into packed blocks, metric type by metric type.

1. *Small*: an hour's heads have become many, or the oldest is some minutes old. They become one block a metric type and
   are deleted; the blocks that were there stay as they are.
2. *Full*: the hour is over. All its blocks become one sorted set of full blocks. Late and back-filled samples go on
   forming small blocks beside them, and are folded in only when they exceed a tenth of the hour.
3. *Rollups* of an hour that is over are made of all its samples, and again when late ones come; once the first of
   them have been let go they are sealed: late samples are then added, each once.

Everything one hour needs happens in one transaction, so a crash at any point changes nothing and a query sees each
sample once. Only one run compacts at a time. Memory is bounded by a portion of one metric type of one hour.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.services.ports.compaction import CompactionStep, CompactionStore
from chalicelib.tsdb.blocks import decode, encode, series_of, split
from chalicelib.tsdb.columns import EMPTY, Columns, join
from chalicelib.tsdb.head import unpack_together
from chalicelib.tsdb.hours import HourState, is_closed, wants_full, wants_small
from chalicelib.tsdb.merge import in_order, places_of
from chalicelib.tsdb.rollups import FIVE_MINUTES, HOUR, Rollups, concatenate, merge, roll_up

PORTION = 1_000_000  # samples that are merged at once, some 100 MB of memory; more only of a series that has more
SECONDS = 240.0  # less than the five minutes to the next run
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Compacted:
    """What one run did; `behind` = it stopped before everything due was done."""

    small: int = 0
    full: int = 0
    samples: int = 0
    bytes: int = 0
    behind: bool = False


class Compact:
    """Compacts what is due."""

    def __init__(self, store: CompactionStore, clock: Callable[[], float]) -> None:
        """`clock`: seconds that only rise."""
        self._store = store
        self._clock = clock

    def run(self, now: int, *, seconds: float = SECONDS) -> Compacted:
        """Compact every hour that is due at `now` (epoch ms), as far as `seconds` go. Raises Unavailable.

        A history that is imported makes thousands of hours due at once: what is left is for the next run.
        """
        done = Compacted()
        give_up = self._clock() + seconds
        for hour in self._store.hours():
            if not (wants_small(hour, now) or wants_full(hour, now)):
                continue
            if self._clock() >= give_up:
                done.behind = True
                break
            with self._store.step(hour.hour) as step:
                if step is None:
                    return done  # somebody else is at it
                self._compact(step, hour, now, done)
        if done.samples:
            _log.info("compacted", extra={"small": done.small, "full": done.full, "samples": done.samples})
        return done

    def _compact(self, step: CompactionStep, hour: HourState, now: int, done: Compacted) -> None:
        late: dict[int, Columns] = {}
        if wants_small(hour, now):
            for metric in step.head_metrics():
                merged = _merge(step, metric, [unpack_together(step.head_payloads(metric))])
                _write(step, metric, merged, done, is_full=False)
                if is_closed(hour, now):
                    late[metric] = EMPTY if step.is_complete(metric, now) else merged
            step.delete_heads()
            done.small += 1
            hour = step.state()
        if wants_full(hour, now):
            for metric in step.block_metrics():
                is_complete = step.is_complete(metric, now)
                rolled = _Rolled()
                for merged in _merged_blocks(step, metric, step.take_blocks(metric)):
                    _write(step, metric, merged, done, is_full=True)
                    if is_complete:
                        rolled.add(step, metric, merged)
                if is_complete:
                    late.pop(metric, None)
                    rolled.write(step, metric, now)
            done.full += 1
        for metric, added in late.items():
            if step.is_complete(metric, now):
                rolled = _Rolled()
                for merged in _merged_blocks(step, metric, step.read_blocks(metric)):
                    rolled.add(step, metric, merged)
                rolled.write(step, metric, now)
            else:
                _add_to_rollups(step, metric, added, now)


class _Rolled:
    """The rollups of a metric type's hour, portion by portion of its series."""

    def __init__(self) -> None:
        self._found: dict[int, list[Rollups]] = {FIVE_MINUTES: [], HOUR: []}

    def add(self, step: CompactionStep, metric: int, samples: Columns) -> None:
        is_event = ~_sampled(step, metric, samples.ids)
        for seconds, found in self._found.items():
            found.append(roll_up(samples, is_event, seconds))

    def write(self, step: CompactionStep, metric: int, now: int) -> None:
        for seconds, found in self._found.items():
            step.write_rollups(metric, seconds, concatenate(found), now)


def _add_to_rollups(step: CompactionStep, metric: int, samples: Columns, now: int) -> None:
    is_event = ~_sampled(step, metric, samples.ids)
    for seconds in (FIVE_MINUTES, HOUR):
        found = merge([step.read_rollups(metric, seconds), roll_up(samples, is_event, seconds)])
        step.write_rollups(metric, seconds, found, now)


def _write(step: CompactionStep, metric: int, samples: Columns, done: Compacted, *, is_full: bool) -> None:
    for stretch in split(samples):
        payload = encode(stretch, is_full=is_full)
        series = (int(stretch.ids[0]), int(stretch.ids[-1]))
        step.add_block(metric, payload, series=series, samples=len(stretch), is_full=is_full)
        done.samples += len(stretch)
        done.bytes += len(payload)


def _merge(step: CompactionStep, metric: int, parts: list[Columns]) -> Columns:
    """All parts in order of time, with a sampled series' equal times as one; parts come in the order of arrival."""
    return in_order(join(parts), lambda ids: _sampled(step, metric, ids))


def _merged_blocks(step: CompactionStep, metric: int, blocks: list[bytes]) -> Iterator[Columns]:
    """All samples of blocks, merged, in portions by series: packed all are small, unpacked there is one at a time."""
    described = [series_of(block) for block in blocks]
    portions = -(-sum(count for _, count in described) // PORTION)
    if portions < 2:
        yield _merge(step, metric, [decode(block) for block in blocks])
        return
    series = np.unique(np.concatenate([ids for ids, _ in described]))
    for chosen in np.array_split(series, min(portions, len(series))):
        low, high = int(chosen[0]), int(chosen[-1])
        parts = [
            samples.where((samples.ids >= low) & (samples.ids <= high))
            for block, (ids, _) in zip(blocks, described, strict=True)
            if ids[0] <= high and ids[-1] >= low
            for samples in [decode(block)]
        ]
        yield _merge(step, metric, parts)


def _sampled(step: CompactionStep, metric: int, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of these series ids, in ascending order, are of sampled series."""
    chosen = np.array(sorted(step.sampled_series(metric)), np.int64)
    if not len(chosen):
        return np.zeros(len(ids), bool)
    places = np.minimum(places_of(ids, chosen), len(chosen) - 1)
    found: NDArray[np.bool_] = chosen[places] == ids
    return found
