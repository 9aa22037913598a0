"""What arrived in the last minutes, straight from the buffer, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from chalicelib.domain.matchers import Matcher, all_match
from chalicelib.domain.series import Definition, Kind
from chalicelib.services.ports import Catalogue, NewestFrames
from chalicelib.tsdb.columns import read_definitions, read_frames
from chalicelib.tsdb.frame import CorruptFrame, FrameHeader, read_header

MAX_PER_TYPE = 1_000
MAX_IN_ALL = 5_000
PAGE = 500


@dataclass(frozen=True, slots=True)
class LivePoint:
    """One sample as it arrived; `time` in epoch ms."""

    definition: Definition
    time: int
    value: float


@dataclass(slots=True)
class Live:
    """The points by metric type, newest first; `truncated` when there were more than fit."""

    by_type: dict[str, list[LivePoint]] = field(default_factory=dict)
    truncated: bool = False


class Realtime:
    """Reads the live window."""

    def __init__(self, frames: NewestFrames, catalogue: Catalogue) -> None:
        self._frames = frames
        self._catalogue = catalogue

    def read(self, metric_types: Sequence[str], window_ms: int, matchers: Sequence[Matcher], *, now: int) -> Live:
        """The samples of these metric types that arrived since `now - window_ms`. Raises Unavailable."""
        series = self._catalogue.series_of(metric_types)
        live = Live({name: [] for name in metric_types})
        seen_frames: set[tuple[int, int]] = set()
        seen_samples: set[tuple[int, int]] = set()
        before, since = "+", f"{now - window_ms}-0"
        while not live.truncated:
            entries = self._frames.read_newest(before, since, PAGE)
            frames = []
            for _, frame in entries:
                try:
                    header = read_header(frame)
                except CorruptFrame:
                    continue
                if (header.writer, header.number) not in seen_frames:
                    seen_frames.add((header.writer, header.number))
                    frames.append((header, frame))
            for series_id, definition in read_definitions(frames).items():
                if definition.metric_type in live.by_type:
                    series.setdefault(series_id, definition)
            chosen = {sid: each for sid, each in series.items() if all_match(matchers, dict(each.tags))}
            _collect(live, frames, chosen, seen_samples)
            if len(entries) < PAGE:
                break
            before = f"({entries[-1][0]}"
        for points in live.by_type.values():
            points.sort(key=lambda point: point.time, reverse=True)
        return live


def _collect(
    live: Live, frames: list[tuple[FrameHeader, bytes]], chosen: dict[int, Definition], seen: set[tuple[int, int]]
) -> None:
    """Add the chosen series' samples, the newest frame first, the last sample of a frame first."""
    if not frames or not chosen:
        return
    samples = read_frames(frames[::-1])
    wanted = np.flatnonzero(np.isin(samples.ids, np.fromiter(chosen, np.int64, len(chosen))))[::-1]
    picked = samples.where(wanted)
    total = sum(map(len, live.by_type.values()))
    for series_id, time, value in zip(picked.ids.tolist(), picked.times.tolist(), picked.values.tolist(), strict=True):
        definition = chosen[series_id]
        if definition.kind is Kind.SAMPLED:
            if (series_id, time) in seen:
                continue  # sent again: the newest one stands
            seen.add((series_id, time))
        points = live.by_type[definition.metric_type]
        if len(points) >= MAX_PER_TYPE or total >= MAX_IN_ALL:
            live.truncated = True
            if total >= MAX_IN_ALL:
                return
            continue
        points.append(LivePoint(definition, time, value))
        total += 1
