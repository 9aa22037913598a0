"""Frames hold what went in, bit for bit, and marks tell new frames from old ones and from lost ones."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.series import Definition, Kind
from chalicelib.tsdb.columns import read_definitions, read_definitions_of, read_frames
from chalicelib.tsdb.frame import CorruptFrame, FrameBuilder, read_header
from chalicelib.tsdb.marks import Marks, read_new
from chalicelib.tsdb.writer import MAX_IDLE_MS, Writer

INT64 = st.integers(-(2**63), 2**63 - 1)
BITS = st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0])
SAMPLE = st.tuples(INT64, INT64, BITS)


@given(
    st.lists(st.one_of(st.tuples(INT64, st.lists(st.tuples(INT64, BITS), min_size=1)), st.lists(SAMPLE, min_size=1)))
)
def test_every_id_time_and_value_comes_out_of_a_frame_as_it_went_in(parts: list[object]) -> None:
    # given runs that share a time, and samples that have their own
    builder = FrameBuilder()
    expected: list[tuple[int, int, bytes]] = []
    for part in parts:
        if isinstance(part, tuple):
            at, pairs = part
            ids = struct.pack(f"<{len(pairs)}q", *(i for i, _ in pairs))
            builder.add_run(ids, struct.pack(f"<{len(pairs)}d", *(v for _, v in pairs)), at, len(pairs))
            expected += [(i, at, struct.pack("<d", v)) for i, v in pairs]
        else:
            assert isinstance(part, list)
            builder.add_samples(
                [struct.pack("<q", i) for i, _, _ in part], [v for *_, v in part], [t for _, t, _ in part]
            )
            expected += [(i, t, struct.pack("<d", v)) for i, t, v in part]

    # when it is packed and read
    frame = builder.pack(writer=7, number=3, previous_writer=5, previous_count=2)
    header = read_header(frame)
    columns = read_frames([(header, frame)])

    # then nothing has changed
    assert (header.writer, header.number, header.previous_writer, header.previous_count) == (7, 3, 5, 2)
    values = columns.values.tobytes()
    found = [
        (i, t, values[8 * n : 8 * n + 8])
        for n, (i, t) in enumerate(zip(columns.ids.tolist(), columns.times.tolist(), strict=True))
    ]
    assert found == expected


def test_definitions_travel_with_the_frame() -> None:
    defined = [
        Definition("cpu_usage", "percent", Kind.SAMPLED, (("host", "wéb-1"),)),
        Definition("orders", "", Kind.EVENT, ()),
        Definition("orders_total", "", Kind.SAMPLED, (("metric", "cpu_usage"), ("orders", "orders"))),
    ]
    builder = FrameBuilder()
    for each in defined:
        builder.define(msgspec.msgpack.encode([(each.metric_type, each.unit, int(each.kind), each.tags)]))
    frame = builder.pack(1, 0)
    frames = [(read_header(frame), frame)]
    assert read_definitions(frames) == {each.series_id: each for each in defined}
    for each in defined:
        assert read_definitions_of(each.metric_type, frames) == {each.series_id: each}
    assert read_definitions_of("metric", frames) == read_definitions_of("memory_usage", frames) == {}


@given(st.binary(max_size=200))
def test_bytes_that_are_no_frame_are_refused(junk: bytes) -> None:
    with pytest.raises(CorruptFrame):
        read_header(junk)


def test_a_frame_that_was_cut_off_is_refused() -> None:
    builder = FrameBuilder()
    builder.add_run(bytes(8), bytes(8), 1, 1)
    with pytest.raises(CorruptFrame):
        read_header(builder.pack(1, 0)[:-1])


@dataclass
class Valkey:
    """A stream that can lose its newest frames, and keeps a frame twice when told to."""

    entries: list[bytes] = field(default_factory=list)


# append by a writer · append, but the answer is lost · the newest n frames are lost · drain · drain and start over
ACTION = st.one_of(
    st.tuples(st.just("append"), st.integers(0, 2)),
    st.tuples(st.just("unanswered"), st.integers(0, 2)),
    st.tuples(st.just("twice"), st.integers(0, 2)),
    st.tuples(st.just("lose"), st.integers(0, 6)),
    st.tuples(st.just("drain"), st.just(0)),
)


@given(st.lists(ACTION, max_size=60))
def test_whatever_happens_each_frame_is_admitted_once_and_losses_are_counted_exactly(
    actions: list[tuple[str, int]],
) -> None:
    ids = iter(range(1, 10_000))
    writers = [Writer(lambda: next(ids)) for _ in range(3)]
    valkey = Valkey()
    marks: dict[int, int] = {}
    drained: list[bytes] = []
    acknowledged: set[bytes] = set()
    lost = 0

    def drain() -> None:
        nonlocal lost
        seen = Marks(marks)
        new, corrupt = read_new([(str(n), frame) for n, frame in enumerate(valkey.entries)], seen)
        assert not corrupt
        drained.extend(frame for _, frame in new)
        marks.update(seen.changed)
        lost += seen.lost

    def append(which: int, *, answered: bool, times: int = 1) -> None:
        builder = FrameBuilder()
        builder.add_run(bytes(8), struct.pack("<q", len(acknowledged)), which, 1)
        frame = builder.pack(*writers[which].identity(now=0))
        valkey.entries.extend([frame] * times)
        if answered:
            writers[which].acknowledged()
            acknowledged.add(frame)
        else:
            writers[which].interrupted()

    for action, argument in actions:
        if action in ("append", "twice"):
            append(argument, answered=True, times=2 if action == "twice" else 1)
        elif action == "unanswered":
            append(argument, answered=False)
        elif action == "lose":
            valkey.entries = valkey.entries[: max(0, len(valkey.entries) - argument)]
        else:
            drain()
    # a last frame of each writer tells how many came before it
    for which in range(3):
        append(which, answered=True)
    drain()
    assert len(drained) == len(set(drained))
    missing = acknowledged - set(drained)
    assert lost == len(missing)


def test_a_writer_begins_anew_after_a_day_of_silence_without_naming_the_old_one() -> None:
    ids = iter((11, 22))
    writer = Writer(lambda: next(ids))
    assert writer.identity(now=0) == (11, 0, 0, 0)
    writer.acknowledged()
    assert writer.identity(now=MAX_IDLE_MS) == (11, 1, 0, 0)
    assert writer.identity(now=2 * MAX_IDLE_MS + 1) == (22, 0, 0, 0)


def test_a_previous_writer_that_was_forgotten_is_no_loss() -> None:
    builder = FrameBuilder()
    frame = builder.pack(writer=9, number=5, previous_writer=3, previous_count=100)
    marks = Marks({9: 5})
    assert marks.admit(read_header(frame))
    assert marks.lost == 0
    assert np.array(list(marks.changed)).tolist() == [9]
