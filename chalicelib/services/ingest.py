"""Record samples: check them, find their series, and put them into the buffer as one frame.

1. Each snapshot and sample is turned into a row of series ids; a cached row costs one look-up.
2. What cannot be recorded is rejected with a reason, the rest goes on.
3. One frame with all columns is appended to the stream; when that returns, it is acknowledged.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from chalicelib.domain.errors import FieldError
from chalicelib.domain.series import InvalidSample
from chalicelib.services.event_samples import add_events
from chalicelib.services.incoming import Batch, Recorded, Sample, Snapshot
from chalicelib.services.points import add_points, add_runs
from chalicelib.services.ports.ingest import FrameSink
from chalicelib.services.rows import ANNOUNCE_EVERY_MS, Row, Rows
from chalicelib.services.sample_times import SampleTimes
from chalicelib.tsdb.frame import FrameBuilder

MAX_ERRORS = 50


class Ingest:
    """Records batches of samples, whatever protocol brought them."""

    def __init__(self, rows: Rows, sink: FrameSink, *, max_age_days: int) -> None:
        self._rows = rows
        self._sink = sink
        self._times = SampleTimes(max_age_days)

    def record(self, batch: Batch, *, now: int, once: Callable[[], tuple[str, str, bytes] | None]) -> Recorded:
        """Put every good sample into the buffer; `now` is epoch ms and stands in for times that are not given.

        `once` is asked only when the batch holds event samples. Raises Unavailable or Unprocessable: nothing was kept.
        """
        frame = FrameBuilder()
        rows: list[Row] = []
        for index, snapshot in batch.snapshots:
            self._add_snapshot(frame, rows, batch, index, snapshot, now)
        rows += add_runs(frame, self._rows, batch, self._times, now)
        if batch.points:
            rows += add_points(frame, self._rows, batch, self._times, now)
        has_events = bool(batch.samples or batch.events)
        if batch.events:
            added = add_events(frame, self._rows, batch.events, self._times, now)
            if added is None:
                batch.samples += batch.events.one_by_one()
            else:
                rows += added
        if batch.samples:
            self._add_samples(frame, rows, batch, now)
        if frame.samples:
            lost_at = self._sink.definitions_lost_at
            due = max(lost_at, now - ANNOUNCE_EVERY_MS)
            telling = dict.fromkeys([row for row in rows if row.announced <= due or row.distinct])
            announced = [row for row in telling if row.announced <= due]
            for row in announced:
                frame.define(row.definitions)
            distinct = [pair for row in telling for pair in row.distinct]
            self._sink.append(frame, now=now, distinct=distinct, once=once() if has_events else None)
            for row in announced:
                row.announced = now
        errors = sorted(batch.errors, key=lambda error: error.index or 0)
        return Recorded(frame.samples, batch.rejected, tuple(errors[:MAX_ERRORS]))

    def _add_snapshot(
        self, frame: FrameBuilder, rows: list[Row], batch: Batch, index: int | None, snapshot: Snapshot, now: int
    ) -> None:
        metrics = snapshot.metrics
        if not metrics:
            return
        try:
            time = now if snapshot.timestamp is None else self._times.read(snapshot.timestamp, now)
            key = (tuple(metrics), tuple(snapshot.tags.items()), tuple(snapshot.units.items()))
            row = self._rows.cached(key)
            wrong: list[FieldError] = []
            if row is None:
                row, wrong = self._rows.snapshot_row(key, snapshot.tags, metrics, snapshot.units)
        except InvalidSample as error:
            batch.reject(index, error.field, error.reason, samples=len(metrics))
            return
        values = list(metrics.values())
        if wrong:
            for each in wrong:
                batch.reject(index, each.field, each.reason)
            refused = {each.field.partition(".")[2] for each in wrong}
            values = [value for name, value in metrics.items() if name not in refused]
        if values:
            frame.add_run(row.ids, struct.pack(f"<{len(values)}d", *values), time, len(values))
            rows.append(row)

    def _add_samples(self, frame: FrameBuilder, rows: list[Row], batch: Batch, now: int) -> None:
        ids: list[bytes] = []
        values: list[float] = []
        times: list[int] = []
        seen: dict[object, Row] = {}
        parsed: dict[str | int | float | None, int] = {}
        for index, sample in batch.samples:
            try:
                given = sample.timestamp
                time = parsed.get(given)
                if time is None:
                    time = parsed[given] = now if given is None else self._times.read(given, now)
                key = (sample.metric_type, sample.unit, tuple(sample.tags.items()))
                row = seen.get(key)
                if row is None:
                    row = seen[key] = self._sample_row(key, sample)
            except InvalidSample as error:
                batch.reject(index, error.field, error.reason)
                continue
            ids.append(row.ids)
            values.append(sample.value)
            times.append(time)
        if ids:
            frame.add_samples(ids, values, times)
            rows += seen.values()

    def _sample_row(self, key: object, sample: Sample) -> Row:
        return self._rows.cached(key) or self._rows.sample_row(key, sample.metric_type, sample.unit, sample.tags)
