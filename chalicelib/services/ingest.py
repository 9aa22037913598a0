"""Record samples: check them, find their series, and put them into the buffer as one frame.

1. Each snapshot and sample is turned into a row of series ids; a cached row costs one look-up.
2. What cannot be recorded is rejected with a reason, the rest goes on.
3. One frame with all columns is appended to the stream; when that returns, it is acknowledged.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

from chalicelib.domain.errors import FieldError
from chalicelib.domain.instants import InvalidInstant, parse_instant
from chalicelib.domain.series import InvalidSample
from chalicelib.services.incoming import Batch, Recorded, Sample, Snapshot
from chalicelib.services.ports.ingest import FrameSink
from chalicelib.services.rows import Row, Rows
from chalicelib.tsdb.frame import FrameBuilder

MAX_AHEAD_MS = 600_000
MAX_ERRORS = 50
_DAY_MS = 86_400_000


class Ingest:
    """Records batches of samples, whatever protocol brought them."""

    def __init__(self, rows: Rows, sink: FrameSink, *, max_age_days: int) -> None:
        self._rows = rows
        self._sink = sink
        self._max_age_days = max_age_days

    def record(self, batch: Batch, *, now: int, once: Callable[[], tuple[str, str, bytes] | None]) -> Recorded:
        """Put every good sample into the buffer; `now` is epoch ms and stands in for times that are not given.

        `once` is asked only when the batch holds event samples. Raises Unavailable or Unprocessable: nothing was kept.
        """
        frame = FrameBuilder()
        rows: list[Row] = []
        for index, snapshot in batch.snapshots:
            self._add_snapshot(frame, rows, batch, index, snapshot, now)
        if batch.points:
            self._add_points(frame, rows, batch, now)
        if batch.samples:
            self._add_samples(frame, rows, batch, now)
        if frame.samples:
            lost_at = self._sink.definitions_lost_at
            announced = [row for row in rows if row.is_due(now, lost_at)]
            for row in announced:
                frame.define(row.definitions)
            distinct = [pair for row in rows if row.distinct for pair in row.distinct]
            self._sink.append(frame, now=now, distinct=distinct, once=once() if batch.samples else None)
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
            time = now if snapshot.timestamp is None else self._time(snapshot.timestamp, now)
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

    def _add_points(self, frame: FrameBuilder, rows: list[Row], batch: Batch, now: int) -> None:
        ids: list[bytes] = []
        values: list[float] = []
        times: list[int] = []
        for index, series in batch.points:
            name, tags = series.metric_type, series.tags
            units = {} if series.unit is None else {name: series.unit}
            key = ((name,), tuple(tags.items()), tuple(units.items()))
            try:
                row = self._rows.cached(key)
                if row is None:
                    row, wrong = self._rows.snapshot_row(key, tags, (name,), units)
                    if wrong:
                        raise InvalidSample(wrong[0].field, wrong[0].reason)
            except InvalidSample as error:
                batch.reject(index, error.field, error.reason, samples=len(series.points))
                continue
            before = len(ids)
            for time, value in series.points:
                try:
                    if not math.isfinite(value):
                        raise InvalidSample("value", "must be a finite number")
                    times.append(self._time(time, now))
                except InvalidSample as error:
                    batch.reject(index, error.field, error.reason)
                    continue
                ids.append(row.ids)
                values.append(value)
            if len(ids) > before:
                rows.append(row)
        if ids:
            frame.add_samples(ids, values, times)

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
                    time = parsed[given] = now if given is None else self._time(given, now)
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

    def _time(self, timestamp: str | int | float, now: int) -> int:
        try:
            time = parse_instant(timestamp)
        except InvalidInstant as error:
            raise InvalidSample("timestamp", str(error)) from None
        if time > now + MAX_AHEAD_MS:
            raise InvalidSample("timestamp", "lies more than 10 minutes ahead of the server's clock")
        if time < now - self._max_age_days * _DAY_MS:
            reason = f"lies more than {self._max_age_days} days back (MAX_SAMPLE_AGE_DAYS)"
            if not isinstance(timestamp, str) and 1e9 <= timestamp < 1e10:
                reason += "; epoch times are in milliseconds, this one looks like seconds"
            raise InvalidSample("timestamp", reason)
        return time
