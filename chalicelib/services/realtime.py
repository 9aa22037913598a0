"""What arrived in the last minutes, straight from the buffer, newest first; error_rate and throughput are derived.

Error events become one point, the percentage over the whole window, and so do requests when nobody records throughput.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from chalicelib.domain.names import ERROR_RATE, RESPONSE_TIME, THROUGHPUT
from chalicelib.domain.selectors import Selection, selects
from chalicelib.domain.series import Definition, Kind
from chalicelib.services.ports.reading import Catalogue, NewestFrames
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

    def read(self, metric_types: Sequence[str], window_ms: int, selection: Selection, *, now: int) -> Live:
        """The samples of these metric types that arrived since `now - window_ms`. Raises Unavailable."""
        derives = {ERROR_RATE, THROUGHPUT} & set(metric_types)
        series = self._catalogue.series_of([*metric_types, *([RESPONSE_TIME] if derives else [])])
        live = Live({name: [] for name in metric_types})
        traffic = _Traffic()
        seen_frames: set[tuple[int, int]] = set()
        seen_samples: set[tuple[int, int]] = set()
        before, since = "+", f"{now - window_ms}-0"
        while derives or not live.truncated:
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
                if definition.metric_type in live.by_type or (derives and definition.metric_type == RESPONSE_TIME):
                    series.setdefault(series_id, definition)
            chosen = {sid: each for sid, each in series.items() if selects(selection, dict(each.tags))}
            _collect(live, frames, chosen, seen_samples)
            if derives:
                traffic.add(frames, series)
            if len(entries) < PAGE:
                break
            before = f"({entries[-1][0]}"
        for points in live.by_type.values():
            points.sort(key=lambda point: point.time, reverse=True)
        traffic.derive(live, series, selection, window_ms, now)
        return live


@dataclass(slots=True)
class _Traffic:
    """Requests and error events of the whole window, by series; points are limited in number, these are not."""

    samples: Counter[int] = field(default_factory=Counter)
    totals: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, frames: list[tuple[FrameHeader, bytes]], series: Mapping[int, Definition]) -> None:
        """Count what is in these frames."""
        if not frames:
            return
        counted = [each for each, of in series.items() if of.metric_type == RESPONSE_TIME or is_error_event(of)]
        samples = read_frames(frames)
        samples = samples.where(np.isin(samples.ids, np.array(counted, np.int64)))
        ids, places = np.unique(samples.ids, return_inverse=True)
        totals = np.bincount(places, weights=samples.values, minlength=len(ids)).tolist()
        for each, count, total in zip(ids.tolist(), np.bincount(places).tolist(), totals, strict=True):
            self.samples[each] += count
            self.totals[each] += total

    def derive(
        self, live: Live, series: Mapping[int, Definition], selection: Selection, window_ms: int, now: int
    ) -> None:
        """Put the derived points in the place of the events, and of a throughput that nobody recorded.

        As in a query, only tags that all it is made of carry choose.
        """
        of_requests, of_errors = _keys(series, RESPONSE_TIME), _keys(series, ERROR_RATE)
        if ERROR_RATE in live.by_type:
            shared = tuple(each for each in selection if each[0] not in of_requests ^ of_errors)
            failed = [each for each, of in series.items() if is_error_event(of) and selects(shared, dict(of.tags))]
            if any(self.samples[each] for each in failed):
                requests = self._requests(series, shared)
                errors = sum(self.totals[each] for each in failed)
                recorded = [point for point in live.by_type[ERROR_RATE] if not is_error_event(point.definition)]
                percent = Definition(ERROR_RATE, "percent", Kind.SAMPLED, ())
                derived = [LivePoint(percent, now, 100 * errors / requests)] if requests else []
                live.by_type[ERROR_RATE] = derived + recorded
        if live.by_type.get(THROUGHPUT) == [] and (requests := self._requests(series, _on(selection, of_requests))):
            rate = Definition(THROUGHPUT, "requests/s", Kind.SAMPLED, ())
            live.by_type[THROUGHPUT] = [LivePoint(rate, now, requests / (window_ms / 1000))]

    def _requests(self, series: Mapping[int, Definition], selection: Selection) -> int:
        return sum(
            self.samples[each]
            for each, of in series.items()
            if of.metric_type == RESPONSE_TIME and selects(selection, dict(of.tags))
        )


def _keys(series: Mapping[int, Definition], metric_type: str) -> set[str]:
    return {key for each in series.values() if each.metric_type == metric_type for key, _ in each.tags}


def _on(selection: Selection, keys: set[str]) -> Selection:
    return tuple(each for each in selection if each[0] in keys)


def is_error_event(definition: Definition) -> bool:
    """Whether its samples are failed requests, one each, rather than percentages."""
    return definition.metric_type == ERROR_RATE and definition.unit == "count"


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
        points = live.by_type.get(definition.metric_type)
        if points is None:
            continue  # wanted for what derives from it alone
        if len(points) >= MAX_PER_TYPE or total >= MAX_IN_ALL:
            live.truncated = True
            if total >= MAX_IN_ALL:
                return
            continue
        points.append(LivePoint(definition, time, value))
        total += 1
