"""Drain the buffer: move frames from Valkey into PostgreSQL, each sample exactly once.

One step, all in one transaction that holds the drain's row:

1. Read entries from the last drained one on, *inclusive*: trimming always leaves that entry, so when another entry, or
   none, stands there, Valkey lost or replaced the stream, and it is read again from its start.
2. Leave out the frames that the writers' marks say are drained; holes in a writer's numbers are frames lost by Valkey.
3. Put the new series into the catalogue, as far as the limits go; samples of those refused are counted and dropped.
4. Write the samples as head rows; those of unknown series wait, and the containers are asked to define them.
5. Move the offset and the marks, and commit.

Then trim the stream, but keep what can still be read live. A long backlog needs more steps, not more memory.
"""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from chalicelib.domain.instants import to_iso
from chalicelib.domain.series import Definition
from chalicelib.domain.series_limits import Refusal
from chalicelib.services.ports.drain import DrainStep, DrainStore, FrameSource
from chalicelib.tsdb.catalogue import REFUSED, UNKNOWN, SeriesIndex
from chalicelib.tsdb.columns import Columns, definition_rows, join, read_frames, read_rows, sound, unpack
from chalicelib.tsdb.frame import NO_WRITER, CorruptFrame, FrameHeader, read_header
from chalicelib.tsdb.head import HOUR_MS, build_heads
from chalicelib.tsdb.marks import Marks, read_new
from chalicelib.tsdb.progress import NOTHING_DRAINED, DrainCounts, DrainState

FRAMES_A_STEP = 2_000
FRAMES_AT_ONCE = 100  # that are read before their bytes are counted
BYTES_A_STEP = 32 << 20  # of frames; what becomes of them takes some six times as much memory
WAIT_FOR_DEFINITION_MS = 24 * 3_600_000
FIRST = "-"
MAX_HEARD = 500_000  # some 100 bytes each
MAX_REFUSED = 200_000  # of endless values nearly none comes again: what is forgotten is asked about once more
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Drained:
    """What one run of the drain did; `behind` tells that it stopped before the backlog was empty."""

    frames: int = 0
    samples: int = 0
    lost: int = 0
    behind: bool = False


class Drain:
    """Moves frames from the stream into the store."""

    def __init__(self, source: FrameSource, store: DrainStore, *, retention_ms: int, live_window_ms: int) -> None:
        self._source = source
        self._store = store
        self._retention_ms = retention_ms
        self._live_window_ms = live_window_ms
        self._index = SeriesIndex()
        self._heard: set[bytes] = set()  # digests of rows of definitions that are in the catalogue
        self._refused: dict[int, tuple[int, Refusal]] = {}
        self._refused_in = 0  # the hour
        self._epoch = -1
        self._frames = 0

    def run(self, now: int, *, max_steps: int = 50) -> Drained:
        """Drain until the backlog is empty; `now` in epoch ms. Does nothing while another run holds the drain."""
        total = Drained()
        position = NOTHING_DRAINED
        for _ in range(max_steps):
            try:
                with self._store.step() as step:
                    if step is None:
                        return total
                    more, position = self._step(step, now, total)
            except BaseException:
                self._forget()  # it may have learnt from what was rolled back
                raise
            if not more:
                break
        else:
            total.behind = True
        self._trim(position, now)
        if total.frames or total.lost:
            _log.info("drained", extra={"frames": total.frames, "samples": total.samples, "lost": total.lost})
        return total

    def _step(self, step: DrainStep, now: int, total: Drained) -> tuple[bool, str]:
        """Drain one stretch of the stream; whether there is more, and up to which entry it is drained now."""
        state = step.state
        if state.catalogue_epoch != self._epoch or state.frames < self._frames:
            self._forget()  # series were deleted, or the database was restored from a backup
        if self._refused and (self._refused_in != now // HOUR_MS or len(self._refused) > MAX_REFUSED):
            self._forget()  # another hour has room for other series
        self._epoch, self._frames = state.catalogue_epoch, state.frames
        entries, more = self._read(state.entry_id)
        if entries and _is_last_drained(entries[0], state):
            entries = entries[1:]
        elif state.entry_id != NOTHING_DRAINED:
            entries, more = self._read(FIRST)
            if entries:
                _log.warning("the stream is not the one drained last: reading it again from its start")
        if not entries:
            return False, state.entry_id
        marks = Marks(step.marks())
        new, corrupt = read_new(entries, marks)
        for entry_id, error in corrupt:
            _log.error("corrupt frame", extra={"entry": entry_id, "reason": str(error)})
        definitions, samples, damaged = self._unpack(new)
        if definitions or len(samples):
            self._store_samples(step, definitions, samples, now)
        writer, number = _identity(entries[-1][1])
        step.advance(
            DrainState(entries[-1][0], writer, number, state.catalogue_epoch, state.frames + len(new)),
            marks=marks.changed,
            counts=DrainCounts(len(new), len(samples), marks.lost, len(corrupt) + damaged),
            now=now,
        )
        if marks.lost:
            _log.error("the buffer lost acknowledged frames", extra={"frames": marks.lost, "at": to_iso(now)})
        total.frames += len(new)
        total.samples += len(samples)
        total.lost += marks.lost
        return more, entries[-1][0]

    def _read(self, start: str) -> tuple[list[tuple[str, bytes]], bool]:
        """The entries of one step from an id on, bounded in number and in bytes; and whether there may be more."""
        entries: list[tuple[str, bytes]] = []
        size = 0
        while len(entries) < FRAMES_A_STEP and size < BYTES_A_STEP:
            page = self._source.read(start, FRAMES_AT_ONCE)
            entries += page
            if len(page) < FRAMES_AT_ONCE:
                return entries, False
            size += sum(len(frame) for _, frame in page)
            start = f"({page[-1][0]}"
        return entries, True

    def _unpack(self, frames: list[tuple[FrameHeader, bytes]]) -> tuple[Mapping[int, Definition], Columns, int]:
        """What new frames define and hold, and how many of them are damaged: one such must not hold up all others."""
        samples = read_frames(frames)
        if len(samples) == sum(header.samples for header, _ in frames):
            with contextlib.suppress(CorruptFrame):
                return self._unheard(frames), samples, 0
        readable, damaged = sound(frames)
        for error in damaged:
            _log.error("corrupt frame", extra={"reason": str(error)})
        return self._unheard(readable), read_frames(readable), len(damaged)

    def _store_samples(self, step: DrainStep, definitions: Mapping[int, Definition], new: Columns, now: int) -> None:
        """Write new samples, and those that waited for a series which is defined now."""
        parts = [new]
        if definitions:
            defined = step.define(definitions, now)
            self._index.add(defined.numbers)
            self._refuse(defined.refused, now)
            step.expire_waiting(now - WAIT_FOR_DEFINITION_MS)
            parts = [*map(unpack, step.take_waiting(list(definitions))), new]
        samples = join(parts)
        ranks = self._index.ranks(samples.ids)
        if (unknown := ranks == UNKNOWN).any():
            self._index.add(step.metrics_of(np.unique(samples.ids[unknown]).tolist()))
            ranks = self._index.ranks(samples.ids)
            if (unknown := ranks == UNKNOWN).any():
                waiting = samples.where(unknown)
                _log.warning("samples of unknown series wait", extra={"samples": len(waiting)})
                self._source.want_definitions()
                step.keep_waiting(_by_series(waiting), now)
                samples, ranks = samples.where(~unknown), ranks[~unknown]
        metrics = self._index.metrics(ranks)
        if (refused := metrics == REFUSED).any():
            step.count_refused(Counter(self._refused[each] for each in samples.ids[refused].tolist()), now)
            samples, metrics, ranks = samples.where(~refused), metrics[~refused], ranks[~refused]
        for head in build_heads(samples, metrics, ranks):
            step.add_head(head, now=now, kept_until=max(head.hour + HOUR_MS, now) + self._retention_ms)

    def _unheard(self, frames: list[tuple[FrameHeader, bytes]]) -> dict[int, Definition]:
        """What is defined by rows that did not come before: containers announce each of theirs every few minutes.

        Raises CorruptFrame.
        """
        rows = {blake2b(row, digest_size=16).digest(): row for row in definition_rows(frames)}
        fresh = [row for digest, row in rows.items() if digest not in self._heard]
        definitions = read_rows(fresh)
        if len(self._heard) > MAX_HEARD:
            self._heard.clear()
        self._heard |= rows.keys()
        return definitions

    def _refuse(self, refused: Mapping[int, tuple[int, Refusal]], now: int) -> None:
        """Remember which series are not taken up, so that their samples need not wait."""
        if refused:
            self._refused_in = now // HOUR_MS
            self._refused |= refused
            self._index.add(dict.fromkeys(refused, REFUSED))
            _log.warning("too many series: some are refused", extra={"series": len(refused)})

    def _forget(self) -> None:
        self._index.clear()
        self._heard.clear()
        self._refused.clear()

    def _trim(self, position: str, now: int) -> None:
        """Let go of frames that are drained and too old to be read live; never of the entry at the offset."""
        oldest_live = now - self._live_window_ms
        drained_at = int(position.partition("-")[0])
        self._source.trim_before(position if drained_at <= oldest_live else f"{oldest_live}-0")


def _by_series(samples: Columns) -> dict[int, bytes]:
    """Each series' samples, packed, in the order of arrival."""
    order = np.argsort(samples.ids, kind="stable")
    ids = samples.ids[order]
    starts = np.flatnonzero(np.concatenate(([True], ids[1:] != ids[:-1])))
    return {
        int(ids[places[0]]): samples.where(order[places]).pack() for places in np.split(np.arange(len(ids)), starts[1:])
    }


def _is_last_drained(entry: tuple[str, bytes], state: DrainState) -> bool:
    entry_id, frame = entry
    return entry_id == state.entry_id and _identity(frame) == (state.writer, state.number)


def _identity(frame: bytes) -> tuple[int, int]:
    """A frame's writer and number; a corrupt one has none."""
    try:
        header = read_header(frame)
    except CorruptFrame:
        return NO_WRITER, 0
    return header.writer, header.number
