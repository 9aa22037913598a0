"""Events that are added all at once are recorded as they would be one by one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.series import Kind, TagPolicy
from chalicelib.services.incoming import Batch, Events, Series
from chalicelib.services.ingest import Ingest
from chalicelib.services.rows import ANNOUNCE_EVERY_MS, Rows
from chalicelib.tsdb.columns import read_definitions, read_frames
from chalicelib.tsdb.frame import read_header
from tests.unit.services.test_ingest import NOW, Sink, Types

GOOD = [Series(name, {"host": host}, unit, Kind.EVENT) for name in "ab" for host in "xy" for unit in (None, "ms")]
WITH_USER = [Series("a", {"userId": user}, None, Kind.EVENT) for user in ("u1", "u2")]
WRONG = [Series("no name", {}, None, Kind.EVENT), Series("a", {"k" * 65: "v"}, None, Kind.EVENT)]
TIMES = [None, NOW, NOW, float(NOW), NOW - 7, "2027-01-15T08:00:00Z", "2027-01-15T09:00:00+01:00"]
BAD_TIMES = [0, NOW + 600_001, "yesterday", "2027-01-15T08:00:00"]


def ingest(sink: Sink) -> Ingest:
    """One with room for two metric types."""
    return Ingest(Rows(TagPolicy(frozenset({"userId"}), frozenset()), Types(2), max_series=100), sink, max_age_days=10)


def kept(sink: Sink) -> Any:
    """All that went into the stream: samples in their order, definitions, distinct tags, requests with a key."""
    frames = [(read_header(frame), frame) for frame in sink.frames]
    columns = read_frames(frames)
    samples = list(zip(columns.ids.tolist(), columns.times.tolist(), columns.values.tolist(), strict=True))
    return samples, read_definitions(frames), set(sink.distinct), sink.once


def lists(series: list[Series], times: list[Any]) -> st.SearchStrategy[list[tuple[Series, Any, float]]]:
    """Events of these series and times."""
    event = st.tuples(st.sampled_from(series), st.sampled_from(times), st.floats(allow_nan=False, allow_infinity=False))
    return st.lists(event, min_size=1, max_size=12)


@given(st.lists(st.one_of(lists(GOOD + WITH_USER, TIMES), lists(GOOD + WRONG, TIMES + BAD_TIMES)), max_size=4))
def test_all_at_once_is_as_one_by_one(requests: list[list[tuple[Series, Any, float]]]) -> None:
    together, alone = Sink(), Sink()
    by_columns, by_objects = ingest(together), ingest(alone)
    for number, request in enumerate(requests):
        events = Events(*map(list, zip(*request, strict=True)))
        now = NOW + number
        done = by_columns.record(Batch(events=events), now=now, once=lambda: ("t", "k", b""))
        expected = by_objects.record(Batch(samples=[*events.one_by_one()]), now=now, once=lambda: ("t", "k", b""))
        assert done == expected
    assert kept(together) == kept(alone)


@pytest.mark.parametrize("times", [[NOW], [NOW, NOW - 1], [None, NOW - 5, 1.0 * NOW - 5, NOW - 9]])
def test_a_time_that_many_share_is_said_once(times: list[Any]) -> None:
    sink = Sink()
    stamps = [time for time in times for _ in range(10)]
    events = Events([GOOD[0]] * len(stamps), stamps, [1.0] * len(stamps))

    ingest(sink).record(Batch(events=events), now=NOW, once=lambda: None)

    header = read_header(sink.frames[0])
    assert (header.samples, header.runs) == (len(stamps), len({time or NOW for time in times}))


def test_a_series_is_announced_once_a_frame_and_again_after_minutes() -> None:
    sink = Sink()
    recorder = ingest(sink)
    for now in (NOW, NOW + 1, NOW + ANNOUNCE_EVERY_MS):
        recorder.record(Batch(events=Events([GOOD[0]] * 3, [None] * 3, [1.0] * 3)), now=now, once=lambda: None)

    one = read_header(sink.frames[0]).definitions_size
    assert [read_header(frame).definitions_size for frame in sink.frames] == [one, 0, one]
    assert one < 60


def test_events_and_points_of_the_same_words_are_different_series() -> None:
    sink = Sink()
    recorder = ingest(sink)
    batch = Batch(events=Events([GOOD[0]], [NOW], [1.0]))
    batch.points.add(0, Series(GOOD[0].metric_type, GOOD[0].tags), NOW, 2.0)

    recorder.record(batch, now=NOW, once=lambda: None)

    assert {each.kind for each in kept(sink)[1].values()} == {Kind.EVENT, Kind.SAMPLED}
