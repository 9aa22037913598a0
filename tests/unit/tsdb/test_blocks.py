"""Heads, blocks and the merge keep every sample, bit for bit."""

from __future__ import annotations

import struct
from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.tsdb import blocks
from chalicelib.tsdb.blocks import decode, encode, split
from chalicelib.tsdb.catalogue import UNKNOWN, SeriesIndex
from chalicelib.tsdb.columns import Columns, join
from chalicelib.tsdb.head import HOUR_MS, build_heads, cut_slices, pack_slice, unpack_slice, unpack_together
from chalicelib.tsdb.hours import HourState, wants_full, wants_small
from chalicelib.tsdb.merge import in_order
from chalicelib.tsdb.wanted import Wanted

BITS = st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0])
# few series and times, so that duplicates happen; any bits, also of NaNs
SAMPLES = st.lists(st.tuples(st.sampled_from([-5, 3, 2**62]), st.integers(-4, 4), BITS))
Row = tuple[int, int, bytes]


def columns(rows: list[tuple[int, int, float]]) -> Columns:
    """Rows as columns."""
    values = b"".join(struct.pack("<d", value) for *_, value in rows)
    return Columns(
        np.array([i for i, _, _ in rows], np.int64),
        np.array([t for _, t, _ in rows], np.int64),
        np.frombuffer(values, "<f8"),
    )


def rows_of(samples: Columns) -> list[Row]:
    """Columns as rows, values by their bits."""
    values = samples.values.tobytes()
    ids, times = samples.ids.tolist(), samples.times.tolist()
    return [(i, t, values[8 * n : 8 * n + 8]) for n, (i, t) in enumerate(zip(ids, times, strict=True))]


@given(SAMPLES, st.sets(st.sampled_from([-5, 3, 2**62])))
def test_the_merge_sorts_and_keeps_the_last_of_a_sampled_series_equal_times(
    rows: list[tuple[int, int, float]], sampled: set[int]
) -> None:
    samples = columns(rows)
    merged = in_order(samples, lambda ids: np.isin(ids, list(sampled)))

    last: dict[tuple[int, int], Row] = {}
    events: list[Row] = []
    for row in rows_of(samples):
        if row[0] in sampled:
            last[row[:2]] = row
        else:
            events.append(row)
    expected = sorted([*last.values(), *events], key=lambda row: row[:2])
    assert rows_of(merged) == expected


@given(SAMPLES.filter(bool))
def test_a_block_gives_back_every_bit(rows: list[tuple[int, int, float]]) -> None:
    samples = in_order(columns(rows), lambda ids: np.zeros(len(ids), bool))
    assert rows_of(decode(encode(samples))) == rows_of(samples)


@given(
    SAMPLES.filter(bool),
    st.booleans(),
    st.sets(st.sampled_from([-5, 3, 7, 2**62])),
    st.integers(-6, 6),
    st.integers(0, 8),
)
def test_what_is_wanted_of_a_block_is_what_a_look_at_every_sample_finds(
    rows: list[tuple[int, int, float]], on_a_grid: bool, series: set[int], start: int, length: int
) -> None:
    if on_a_grid:
        rows = [
            (each, time, float(each * time)) for each in {row[0] for row in rows} for time in {row[1] for row in rows}
        ]
    samples = in_order(columns(rows), lambda ids: np.zeros(len(ids), bool))
    found = decode(encode(samples), Wanted(np.array(sorted(series), np.int64), start, start + length))
    wanted = [row for row in rows_of(samples) if row[0] in series and start <= row[1] < start + length]
    assert rows_of(found) == wanted


def test_a_fleet_with_one_grid_stores_its_times_once() -> None:
    ids, times = np.repeat(np.arange(200), 360), np.tile(np.arange(360) * 10_000, 200)
    even = Columns(ids, times, np.zeros(72_000))
    odd = Columns(ids, times + np.arange(72_000) % 300, np.zeros(72_000))
    assert len(encode(even)) < 2_000
    assert len(encode(odd)) > 20_000


def test_long_stretches_are_split_where_a_series_ends() -> None:
    ids = np.repeat(np.array([1, 2, 3, 4]), [blocks.MAX_SAMPLES - 10, 20, blocks.MAX_SAMPLES * 2, 5])
    samples = Columns(ids, np.arange(len(ids)), np.zeros(len(ids)))
    stretches = list(split(samples))
    assert [sorted(set(each.ids.tolist())) for each in stretches] == [[1], [2], [3], [4]]
    assert rows_of(join(stretches)) == rows_of(samples)


@given(st.lists(st.tuples(st.integers(1, 70_000), st.integers(0, 2), st.integers(0, 3 * HOUR_MS))))
def test_heads_hold_each_metric_types_samples_by_series_in_the_order_of_arrival(
    rows: list[tuple[int, int, int]],
) -> None:
    metrics = np.array([metric for metric, _, _ in rows], np.int32)
    ids = np.array([70_000 * series - metric for metric, series, _ in rows], np.int64)
    arrival = np.arange(len(rows), dtype=np.float64)
    samples = Columns(ids, np.array([at for *_, at in rows], np.int64), arrival)
    index = SeriesIndex()
    index.add(dict(zip(ids.tolist(), metrics.tolist(), strict=True)))
    expected: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for place, (metric, _, at) in enumerate(rows):
        expected[at // HOUR_MS * HOUR_MS, metric].append((int(ids[place]), place))

    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for head in build_heads(samples, metrics, index.ranks(ids)):
        for metric, each in cut_slices(head.metrics, head.places, head.payload).items():
            part = unpack_slice(each)
            found[head.hour, metric] = [*zip(part.ids.tolist(), map(int, part.values), strict=True)]
    assert found == {key: sorted(each) for key, each in expected.items()}


@given(st.lists(st.tuples(st.integers(0, 2**63 - 1), st.integers(0, HOUR_MS - 1), BITS), min_size=1))
def test_a_slice_is_read_as_it_was_packed_also_by_the_version_before(rows: list[tuple[int, int, float]]) -> None:
    samples = columns([(series, 9 * HOUR_MS + at, value) for series, at, value in rows])
    for packed in (pack_slice(samples), samples.pack()):
        assert rows_of(unpack_slice(packed)) == rows_of(samples)
    shared = columns([(series, HOUR_MS, value) for series, _, value in rows])
    assert rows_of(unpack_slice(pack_slice(shared))) == rows_of(shared)
    assert len(pack_slice(shared)) == 16 + 16 * len(rows)


@given(
    st.dictionaries(st.integers(-(2**63), 2**63 - 1), st.integers(0, 1000)), st.lists(st.integers(-(2**63), 2**63 - 1))
)
def test_the_series_index_answers_like_a_dictionary(numbers: dict[int, int], asked: list[int]) -> None:
    index = SeriesIndex()
    index.add(numbers)
    wanted = [*asked, *numbers]
    ranks = index.ranks(np.array(wanted, np.int64))
    assert index.metrics(ranks).tolist() == [numbers.get(each, UNKNOWN) for each in wanted]
    in_order = sorted(numbers, key=lambda each: (numbers[each], each))
    assert ranks.tolist() == [in_order.index(each) if each in numbers else UNKNOWN for each in wanted]
    index.clear()
    ranks = index.ranks(np.array(wanted, np.int64))
    assert index.metrics(ranks).tolist() == [UNKNOWN] * len(wanted)


def test_an_hour_is_compacted_when_it_is_worth_it() -> None:
    minute = 60_000

    def hour(**changes: int) -> HourState:
        state = {"hour": 0, "heads": 0, "oldest_head": 0, "full_samples": 0, "small_samples": 0} | changes
        return HourState(**state)

    assert not wants_small(hour(), 9 * minute)
    assert not wants_small(hour(heads=29), 3 * minute)
    assert wants_small(hour(heads=30), 3 * minute)
    assert wants_small(hour(heads=1), 4 * minute)
    assert not wants_full(hour(small_samples=5), 61 * minute)
    assert wants_full(hour(small_samples=5), 62 * minute)
    assert not wants_full(hour(small_samples=10, full_samples=100), 99 * minute)
    assert wants_full(hour(small_samples=11, full_samples=100), 99 * minute)


ROWS = st.lists(st.tuples(st.integers(0, 2**63 - 1), st.integers(0, HOUR_MS - 1), BITS), min_size=1, max_size=5)


@given(st.lists(st.tuples(ROWS, st.sampled_from(["times", "one time", "of the version before"])), max_size=4))
def test_slices_read_together_are_those_read_one_by_one(parts: list[tuple[list[tuple[int, int, float]], str]]) -> None:
    slices = []
    for rows, form in parts:
        samples = columns([(series, 0 if form == "one time" else at, value) for series, at, value in rows])
        slices.append(samples.pack() if form == "of the version before" else pack_slice(samples))
    assert rows_of(unpack_together(slices)) == rows_of(join([*map(unpack_slice, slices)]))
