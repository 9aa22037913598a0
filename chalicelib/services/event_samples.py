"""Event samples into a frame, all at once: what a flat list costs while everything in it is right."""

from __future__ import annotations

from itertools import groupby
from typing import cast

from chalicelib.domain.series import InvalidSample
from chalicelib.services.incoming import Events, Series
from chalicelib.services.rows import Row, Rows
from chalicelib.services.sample_times import SampleTimes
from chalicelib.tsdb.frame import FrameBuilder

_IN_A_ROW = 4  # samples that share a time, on average, from which on it is worth looking for them


def add_events(frame: FrameBuilder, rows: Rows, events: Events, times: SampleTimes, now: int) -> list[Row] | None:
    """Add events to the frame and return their rows; None when anything is wrong with any of them: then none was
    added, and whoever adds them one by one finds out what."""
    try:
        moments = _moments(events.timestamps, times, now)
        found = _rows_of(events.series, rows)
    except InvalidSample:
        return None
    frame.add_columns([row.ids for row in found], events.values, moments)
    return found


def _moments(given: list[str | int | float | None], times: SampleTimes, now: int) -> list[tuple[int, int]]:
    """(epoch ms, how many samples in a row have it). Raises InvalidSample."""
    first, count = given[0], len(given)
    if given.count(first) == count:
        return [(now if first is None else times.read(first, now), count)]
    read = times.read_all(given, now)
    if len(set(read)) * _IN_A_ROW > count:
        return [(time, 1) for time in read]
    return [(time, len([*same])) for time, same in groupby(read)]


def _rows_of(series: list[Series], rows: Rows) -> list[Row]:
    """The row of each series. Raises InvalidSample."""
    found = rows.of_series(series)
    if None in found:
        fresh: dict[Series, Row] = {}
        for place, each in enumerate(series):
            if found[place] is None:
                found[place] = fresh[each] = fresh.get(each) or rows.series_row(each)
    return cast("list[Row]", found)
