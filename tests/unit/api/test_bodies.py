"""Bodies are inflated within bounds, and both roads of decoding samples agree."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api.body import MAX_INFLATED, MAX_WIRE, check_json_type, inflate
from chalicelib.api.schemas.samples import read_batch
from chalicelib.api.schemas.samples_one_by_one import read_batch_one_by_one
from chalicelib.domain.errors import InvalidInput, TooLarge, UnsupportedMediaType

RAW = json.dumps({"metricType": "a", "value": 1}).encode()
TEXT = st.text(max_size=8)
NUMBER = st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False))
TIME = st.one_of(st.integers(0, 2**45), st.floats(0, 1e15), TEXT)
TAGS = st.dictionaries(TEXT, TEXT, max_size=3)
SAMPLE = st.fixed_dictionaries(
    {"metricType": TEXT, "value": NUMBER}, optional={"unit": TEXT, "tags": TAGS, "timestamp": TIME}
)
SNAPSHOT = st.fixed_dictionaries(
    {"metrics": st.dictionaries(TEXT, NUMBER, max_size=3)}, optional={"tags": TAGS, "units": TAGS, "timestamp": TIME}
)
BODY = st.one_of(
    SAMPLE,
    st.lists(SAMPLE, max_size=3),
    st.fixed_dictionaries({"metrics": st.lists(SAMPLE, max_size=3)}),
    st.fixed_dictionaries({"snapshots": st.lists(SNAPSHOT, max_size=3)}),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXT | st.sampled_from(["metrics", "value"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (RAW, ""),
        (RAW, "identity"),
        (RAW, "gzip"),  # inflated on the way by a proxy that left the header
        (gzip.compress(RAW, mtime=0), "gzip"),
        (gzip.compress(RAW, mtime=0), ""),
        (zlib.compress(RAW), "deflate"),
        (zlib.compress(RAW)[2:-4], "deflate"),
    ],
)
def test_a_body_is_recognised_by_its_first_bytes(packed: bytes, encoding: str) -> None:
    assert inflate(packed, encoding) == RAW


def test_a_bomb_is_refused_before_it_has_gone_off() -> None:
    bomb = gzip.compress(bytes(500_000_000), 9)
    assert len(bomb) < MAX_WIRE
    tracemalloc.start()
    with pytest.raises(TooLarge):
        inflate(bomb, "gzip")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * MAX_INFLATED


@pytest.mark.parametrize(
    ("packed", "encoding", "error"),
    [
        (b" " * (MAX_WIRE + 1), "", TooLarge),
        (gzip.compress(RAW, mtime=0)[:-9], "gzip", InvalidInput),
        (b"\x1f\x8b junk", "", InvalidInput),
        (b"plain", "gzip", InvalidInput),
        (b"plain", "deflate", InvalidInput),
        (b"plain", "br", UnsupportedMediaType),
        (b"\xff\x06\x00\x00sNaPpY", "snappy", UnsupportedMediaType),
    ],
)
def test_what_cannot_be_inflated_is_refused(packed: bytes, encoding: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        inflate(packed, encoding)


@pytest.mark.parametrize(
    "content_type", ["", "application/json", "Application/JSON; charset=utf-8", "application/gzip"]
)
def test_json_may_call_itself_so_or_nothing(content_type: str) -> None:
    check_json_type(content_type)


def seen(raw: bytes, read: Any) -> Any:
    """A batch as plain values, or the error's field."""
    try:
        batch = read(raw)
    except InvalidInput as error:
        return error.field
    given = [*batch.samples, *(batch.events.one_by_one() if batch.events else ())]
    samples = [(i, s.metric_type, s.value, s.unit, s.tags, s.timestamp) for i, s in given]
    snapshots = [(i, s.metrics, s.tags, s.timestamp, s.units) for i, s in batch.snapshots]
    return samples, snapshots, batch.errors, batch.rejected


@given(BODY)
def test_both_roads_read_a_good_body_alike(body: Any) -> None:
    raw = json.dumps(body).encode()
    assert seen(raw, read_batch) == seen(raw, read_batch_one_by_one)


@given(JSON)
def test_no_json_does_more_than_be_refused(body: Any) -> None:
    raw = json.dumps(body).encode("utf-8", "surrogatepass")
    seen(raw, read_batch)
    seen(raw, read_batch_one_by_one)


@given(st.binary(max_size=60))
def test_no_bytes_do_more_than_be_refused(raw: bytes) -> None:
    seen(raw, read_batch)
