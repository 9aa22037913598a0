"""Remote write's bodies are read as Prometheus means them, and no bytes can do harm."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api.schemas.protobuf import Malformed
from chalicelib.api.schemas.remote_write import read_remote_write
from chalicelib.api.schemas.snappy import decompress
from chalicelib.domain.errors import InvalidInput, TooLarge
from tests.remote_write import STALE, block, number, series, write_request

# b"abcd" * 8 as the format's description has it: a literal of four, and a copy of 28 that overlaps itself.
REPEATED = b"\x20\x0cabcd\x6e\x04\x00"


def test_a_series_and_its_points_come_out_as_they_went_in() -> None:
    body = write_request(series({"__name__": "up", "job": "node", "empty": ""}, [(1000, 1.0), (2000, 0.0)]))

    points = read_remote_write(block(body)).points

    assert [(each.metric_type, each.tags) for each in points.series] == [("up", {"job": "node"})] * 2
    assert (points.indexes, points.times, points.values) == ([0, 0], [1000, 2000], [1.0, 0.0])


def test_a_stale_marker_is_no_sample_and_no_error() -> None:
    batch = read_remote_write(block(write_request(series({"__name__": "up"}, [(1000, STALE)]))))

    assert (len(batch.points), batch.errors) == (0, [])


def test_a_series_without_a_name_is_refused_and_the_others_go_on() -> None:
    batch = read_remote_write(
        block(write_request(series({"a": "b"}, [(1, 1.0)]), series({"__name__": "x"}, [(1, 1.0)])))
    )

    assert (batch.rejected, batch.errors[0].index, len(batch.points)) == (1, 0, 1)


def test_a_copy_that_overlaps_itself_repeats() -> None:
    assert decompress(REPEATED, 100) == b"abcd" * 8


def test_a_bomb_is_refused_before_anything_is_inflated() -> None:
    with pytest.raises(Malformed, match="over 1000 bytes"):
        decompress(number(1 << 40) + b"\x00a", 1000)


@given(st.binary(max_size=200))
def test_any_content_survives_a_block(content: bytes) -> None:
    assert decompress(block(content), 200) == content


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for body in (content, block(content), block(write_request(content))):
        with suppress(InvalidInput):
            assert read_remote_write(body).samples == []


@given(st.integers(0, 200), st.binary(max_size=80))
def test_whatever_a_block_says_it_never_grows_over_its_bound(length: int, content: bytes) -> None:
    with suppress(Malformed):
        assert len(decompress(number(length) + content, 100)) == length <= 100


def test_a_double_is_read_bit_by_bit() -> None:
    body = write_request(series({"__name__": "x"}, [(1, -0.0)]))

    (value,) = read_remote_write(block(body)).points.values

    assert struct.pack("<d", value) == struct.pack("<d", -0.0)


ONE_SERIES = st.tuples(
    st.dictionaries(st.text(max_size=30), st.text(max_size=30), max_size=4),
    st.integers(2**35, 2**42 - 1),
    st.floats(),
    st.booleans(),
)


@given(st.lists(ONE_SERIES, max_size=5))
def test_the_short_road_reads_what_the_long_one_reads(
    content: list[tuple[dict[str, str], int, float, bool]],
) -> None:
    short = [
        series({**labels, "__name__": "x"}, [(at, value)], leaves_zero_out=zero) for labels, at, value, zero in content
    ]
    long = [each + b"\x1a\x00" for each in short]  # an empty exemplar: no longer a sample at the end

    slowly = read_remote_write(block(write_request(*long))).points
    at_first = read_remote_write(block(write_request(*short))).points
    at_last = read_remote_write(block(write_request(*short))).points
    beside_others = read_remote_write(block(write_request(*short, *long))).points

    assert at_first == at_last == slowly
    assert beside_others.values == 2 * slowly.values


def test_a_value_that_looks_like_a_sample_does_not_mislead() -> None:
    sample = series({}, [(1_800_000_000_000, 1.5)])
    (trap,) = struct.unpack("<d", sample[:8])
    labels = {"__name__": "x", "a": "b"}
    body = write_request(series(labels, [(1_800_000_000_000, trap)]), series(labels, [(1_800_000_010_000, 2.0)]))

    for _ in range(2):
        points = read_remote_write(block(body)).points
        assert (points.times, points.values) == ([1_800_000_000_000, 1_800_000_010_000], [trap, 2.0])


def test_a_label_that_holds_a_sample_does_not_mislead() -> None:
    hidden = "\x12\x07\x10\u00a9\u20ac1"  # in UTF-8: a sample without a value, at some time
    labels = {"__name__": "x", "a": hidden, "b": f"{hidden}z"}
    body = write_request(series(labels, [(1_800_000_000_000, 4.0)]))

    for _ in range(2):
        points = read_remote_write(block(body)).points
        assert (points.series[0].tags, points.times, points.values) == (
            {"a": hidden, "b": f"{hidden}z"},
            [1_800_000_000_000],
            [4.0],
        )


def test_endless_empty_series_are_refused_before_they_cost_time() -> None:
    with pytest.raises(TooLarge, match="over 50000 time series"):
        read_remote_write(block(b"\x0a\x00" * 50_001))
