"""Ingest counts every sample once: accepted, or rejected with a reason."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from chalicelib.domain.errors import Unavailable
from chalicelib.domain.series import TagPolicy
from chalicelib.services.incoming import Batch, Run, Sample, Series, Snapshot, Together
from chalicelib.services.ingest import MAX_ERRORS, Ingest
from chalicelib.services.rows import ANNOUNCE_EVERY_MS, Rows
from chalicelib.tsdb.columns import read_definitions, read_frames
from chalicelib.tsdb.frame import FrameBuilder, read_header

NOW = 1_800_000_000_000


class Sink:
    """Keeps frames in a list; out of order when told so."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.distinct: list[tuple[str, str]] = []
        self.once: list[object] = []
        self.definitions_lost_at = 0
        self.is_down = False

    def append(
        self,
        frame: FrameBuilder,
        *,
        now: int,
        distinct: Sequence[tuple[str, str]] = (),
        once: tuple[str, str, bytes] | None = None,
    ) -> None:
        if self.is_down:
            raise Unavailable("down")
        self.frames.append(frame.pack(1, len(self.frames)))
        self.distinct += distinct
        self.once.append(once)

    def defined(self, place: int = -1) -> set[str]:
        """The metric types that a frame defines."""
        frame = self.frames[place]
        return {each.metric_type for each in read_definitions([(read_header(frame), frame)]).values()}

    def samples(self) -> list[tuple[int, float]]:
        """(time, value) of all samples."""
        columns = read_frames([(read_header(frame), frame) for frame in self.frames])
        return list(zip(columns.times.tolist(), columns.values.tolist(), strict=True))


class Types:
    """Admits so many metric types."""

    def __init__(self, room: int) -> None:
        self._room = room
        self.known: set[str] = set()

    def admit(self, metric_type: str) -> bool:
        if metric_type not in self.known and len(self.known) >= self._room:
            return False
        self.known.add(metric_type)
        return True


@pytest.fixture
def sink() -> Sink:
    """Where the frames go."""
    return Sink()


@pytest.fixture
def ingest(sink: Sink) -> Ingest:
    """An ingest with room for three metric types and ten series in its cache."""
    policy = TagPolicy(frozenset({"userId"}), frozenset({"endpoint"}))
    return Ingest(Rows(policy, Types(3), max_series=10), sink, max_age_days=10)


def record(ingest: Ingest, *items: Sample | Snapshot, now: int = NOW) -> tuple[int, int, list[tuple[int | None, str]]]:
    """(accepted, rejected, errors' places)."""
    batch = Batch()
    for index, item in enumerate(items):
        (batch.samples if isinstance(item, Sample) else batch.snapshots).append((index, item))  # type: ignore[arg-type]
    done = ingest.record(batch, now=now, once=lambda: ("t", "k", b""))
    return done.accepted, done.rejected, [(error.index, error.field) for error in done.errors]


def test_a_sample_without_a_time_is_of_now(ingest: Ingest, sink: Sink) -> None:
    assert record(ingest, Sample("a", 1.0), Sample("a", 2.0, timestamp=NOW - 5)) == (2, 0, [])
    assert sink.samples() == [(NOW, 1.0), (NOW - 5, 2.0)]


def test_what_is_wrong_is_counted_and_named_and_the_rest_goes_on(ingest: Ingest, sink: Sink) -> None:
    snapshot = Snapshot({"a": 1.0, "b c": 2.0, "d": 3.0})
    outcome = record(
        ingest, Sample("a", 1.0), snapshot, Sample("", 2.0), Snapshot({"a": 1.0, "b": 2.0}, {"k" * 65: "v"})
    )
    assert outcome == (3, 4, [(1, "metrics.b c"), (2, "metricType"), (3, "tags")])
    assert sorted(value for _, value in sink.samples()) == [1.0, 1.0, 3.0]


def test_at_most_fifty_errors_are_told_but_all_are_counted(ingest: Ingest) -> None:
    accepted, rejected, errors = record(ingest, *[Sample("", 1.0)] * 80)
    assert (accepted, rejected, len(errors)) == (0, 80, MAX_ERRORS)


def test_series_are_announced_once_and_again_after_minutes(ingest: Ingest, sink: Sink) -> None:
    record(ingest, Sample("a", 1.0))
    assert sink.defined() == {"a"}
    record(ingest, Sample("a", 1.0), Sample("b", 1.0), now=NOW + 1)
    assert sink.defined() == {"b"}
    record(ingest, Sample("a", 1.0), Sample("b", 1.0), now=NOW + ANNOUNCE_EVERY_MS)
    assert sink.defined() == {"a"}


def test_what_could_not_be_sent_or_may_be_lost_is_announced_again(ingest: Ingest, sink: Sink) -> None:
    sink.is_down = True
    with pytest.raises(Unavailable):
        record(ingest, Sample("a", 1.0))
    sink.is_down = False
    record(ingest, Sample("a", 1.0))
    assert sink.defined() == {"a"}
    sink.definitions_lost_at = NOW
    record(ingest, Sample("a", 1.0), now=NOW + 1)
    assert sink.defined() == {"a"}


def test_users_are_counted_and_make_no_series(ingest: Ingest, sink: Sink) -> None:
    record(ingest, *(Sample("a", 1.0, tags={"userId": user}) for user in ("u1", "u2", "u1")))
    assert set(sink.distinct) == {("userId", "u1"), ("userId", "u2")}
    frame = sink.frames[-1]
    assert len(read_definitions([(read_header(frame), frame)])) == 1


def test_a_metric_type_beyond_the_limit_is_refused(ingest: Ingest) -> None:
    outcome = record(ingest, *(Sample(name, 1.0) for name in "abcda"))
    assert outcome == (4, 1, [(3, "metricType")])


def test_the_cache_is_bounded_and_forgets_nothing_that_matters(ingest: Ingest, sink: Sink) -> None:
    for host in range(30):
        record(ingest, Snapshot({"a": 1.0, "b": 2.0}, {"host": str(host)}))
    assert ingest._rows._series <= 10
    assert record(ingest, Snapshot({"a": 1.0, "b": 2.0}, {"host": "0"})) == (2, 0, [])
    assert sink.defined() == {"a", "b"}


def test_only_events_need_an_idempotency_key(ingest: Ingest, sink: Sink) -> None:
    record(ingest, Snapshot({"a": 1.0}))
    record(ingest, Sample("a", 1.0))
    assert sink.once == [None, ("t", "k", b"")]


@pytest.mark.parametrize(
    ("timestamp", "is_good"),
    [
        (NOW + 600_000, True),
        (NOW + 600_001, False),
        (NOW - 10 * 86_400_000, True),
        (NOW - 10 * 86_400_000 - 1, False),
        (NOW // 1000, False),
    ],
)
def test_times_are_taken_from_the_oldest_to_ten_minutes_ahead(ingest: Ingest, timestamp: int, is_good: bool) -> None:
    accepted, _, errors = record(ingest, Sample("a", 1.0, timestamp=timestamp))
    assert (accepted, errors) == ((1, []) if is_good else (0, [(0, "timestamp")]))


def together(*names: str, values: list[float] | None = None, time: int = NOW) -> Batch:
    """A run of series that come together."""
    series = [Series(name, {"host": "a"}) for name in names]
    values = values or [1.0] * len(names)
    return Batch(runs=[Run(Together(series, [*range(len(names))]), 5, [time] * len(names), values)])


def test_series_that_come_together_are_one_row(ingest: Ingest, sink: Sink) -> None:
    batch = together("a", "b", values=[1.0, 2.0])

    recorded = [ingest.record(Batch(runs=[*batch.runs]), now=NOW, once=lambda: None) for _ in range(2)]

    assert [each.accepted for each in recorded] == [2, 2]
    assert sink.samples() == 2 * [(NOW, 1.0), (NOW, 2.0)]
    assert (sink.defined(0), sink.defined(1)) == ({"a", "b"}, set())


@pytest.mark.parametrize(
    ("batch", "field"),
    [
        (together("a", "no name", values=[1.0, 2.0]), "metricType"),
        (together("a", "b", values=[1.0, float("inf")]), "value"),
    ],
    ids=["a name", "a value"],
)
def test_what_is_wrong_in_a_run_is_rejected_and_the_rest_goes_on(
    ingest: Ingest, sink: Sink, batch: Batch, field: str
) -> None:
    recorded = ingest.record(batch, now=NOW, once=lambda: None)

    assert (recorded.accepted, recorded.rejected) == (1, 1)
    assert [(error.index, error.field) for error in recorded.errors] == [(6, field)]
    assert sink.samples() == [(NOW, 1.0)]


def test_a_run_of_another_time_is_rejected_point_by_point(ingest: Ingest, sink: Sink) -> None:
    recorded = ingest.record(together("a", "b", time=0), now=NOW, once=lambda: None)

    assert (recorded.accepted, recorded.rejected, sink.frames) == (0, 2, [])
