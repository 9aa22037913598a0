"""Points of sampled series into a frame: all at once while all is known and right, one by one where it is not."""

from __future__ import annotations

from itertools import groupby
from math import isfinite

from chalicelib.domain.series import InvalidSample
from chalicelib.services.incoming import Batch, Points, Series
from chalicelib.services.rows import Row, Rows
from chalicelib.services.sample_times import SampleTimes
from chalicelib.tsdb.frame import FrameBuilder


def add_points(frame: FrameBuilder, rows: Rows, batch: Batch, times: SampleTimes, now: int) -> list[Row]:
    """Add a batch's points to the frame, reject those that cannot be recorded, and return the rows of the others."""
    points = batch.points
    found = rows.of_series(points.series)
    if None in found:
        _resolve(found, points, rows, batch)
    oldest, newest = times.bounds(now)
    if min(points.times) < oldest or max(points.times) > newest or not all(map(isfinite, points.values)):
        _check(found, points, times, batch, now)
    if None in found:
        points.keep([row is not None for row in found])
    kept = [row for row in found if row is not None]
    if kept:
        frame.add_columns([row.ids for row in kept], points.values, _moments(points.times))
    return kept


def add_runs(frame: FrameBuilder, rows: Rows, batch: Batch, times: SampleTimes, now: int) -> list[Row]:
    """Add a batch's runs to the frame and return their rows; those with anything wrong become points of the batch."""
    oldest, newest = times.bounds(now)
    kept = []
    for run in batch.runs:
        if min(run.times) < oldest or max(run.times) > newest or not all(map(isfinite, run.values)):
            run.add_to(batch.points)
            continue
        try:
            row = rows.cached(run.together) or rows.row_together(run.together, run.together.series)
        except InvalidSample:
            run.add_to(batch.points)
            continue
        frame.add_columns([row.ids], run.values, _moments(run.times))
        kept.append(row)
    return kept


def _moments(times: list[int]) -> list[tuple[int, int]]:
    if times[0] == times[-1] and times.count(times[0]) == len(times):
        return [(times[0], len(times))]
    return [(time, len([*same])) for time, same in groupby(times)]


def _resolve(found: list[Row | None], points: Points, rows: Rows, batch: Batch) -> None:
    """Fill in the rows that were not known; those of series that cannot be stay None."""
    told: dict[Series, Row | InvalidSample] = {}
    for place, row in enumerate(found):
        if row is None:
            series = points.series[place]
            if series not in told:
                try:
                    told[series] = rows.series_row(series)
                except InvalidSample as error:
                    told[series] = error
            now_known = told[series]
            if isinstance(now_known, Row):
                found[place] = now_known
            else:
                batch.reject(points.indexes[place], now_known.field, now_known.reason)


def _check(found: list[Row | None], points: Points, times: SampleTimes, batch: Batch, now: int) -> None:
    """Let go of the points whose time or value cannot be recorded."""
    for place, row in enumerate(found):
        if row is None:
            continue
        try:
            if not isfinite(points.values[place]):
                raise InvalidSample("value", "must be a finite number")
            times.read(points.times[place], now)
        except InvalidSample as error:
            batch.reject(points.indexes[place], error.field, error.reason)
            found[place] = None
