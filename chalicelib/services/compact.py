"""Compact: turn the drain's head rows into packed blocks, metric type by metric type.

1. *Small*: an hour's heads have become many, or the oldest is some minutes old. They become one block a metric type and
   are deleted; the blocks that were there stay as they are.
2. *Full*: the hour is over. All its blocks become one sorted set of full blocks. Late and back-filled samples go on
   forming small blocks beside them, and are folded in only when they exceed a tenth of the hour.

Everything one hour needs happens in one transaction, so a crash at any point changes nothing and a query sees each
sample once. Only one run compacts at a time. Memory is bounded by one metric type of one hour.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.services.ports.compaction import CompactionStep, CompactionStore
from chalicelib.tsdb.blocks import decode, encode, split
from chalicelib.tsdb.columns import Columns, join, unpack
from chalicelib.tsdb.hours import HourState, wants_full, wants_small
from chalicelib.tsdb.merge import in_order

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

    def __init__(self, store: CompactionStore) -> None:
        self._store = store

    def run(self, now: int, *, max_hours: int = 100) -> Compacted:
        """Compact every hour that is due at `now` (epoch ms), at most so many. Raises Unavailable."""
        done = Compacted()
        for hour in self._store.hours():
            if not (wants_small(hour, now) or wants_full(hour, now)):
                continue
            if done.small + done.full >= max_hours:
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
        if wants_small(hour, now):
            for metric in step.head_metrics():
                merged = _merge(step, metric, [unpack(payload) for payload in step.head_payloads(metric)])
                _write(step, metric, merged, done, is_full=False)
            step.delete_heads()
            done.small += 1
            hour = step.state()
        if wants_full(hour, now):
            for metric in step.block_metrics():
                merged = _merge(step, metric, [decode(payload) for payload in step.take_blocks(metric)])
                _write(step, metric, merged, done, is_full=True)
            done.full += 1


def _write(step: CompactionStep, metric: int, samples: Columns, done: Compacted, *, is_full: bool) -> None:
    for stretch in split(samples):
        payload = encode(stretch)
        series = (int(stretch.ids[0]), int(stretch.ids[-1]))
        step.add_block(metric, payload, series=series, samples=len(stretch), is_full=is_full)
        done.samples += len(stretch)
        done.bytes += len(payload)


def _merge(step: CompactionStep, metric: int, parts: list[Columns]) -> Columns:
    """All parts in order of time, with a sampled series' equal times as one; parts come in the order of arrival."""
    samples = join(parts)
    sampled = np.array(sorted(step.sampled_series(metric)), np.int64)
    return in_order(samples, _contains(sampled, samples.ids))


def _contains(chosen: NDArray[np.int64], ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    if not len(chosen):
        return np.zeros(len(ids), bool)
    places = np.minimum(np.searchsorted(chosen, ids), len(chosen) - 1)
    found: NDArray[np.bool_] = chosen[places] == ids
    return found
