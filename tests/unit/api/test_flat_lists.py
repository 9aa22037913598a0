"""A flat list is read alike by both roads, whatever its bytes are, and whether its series were read before or not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api.schemas import flat_lists
from chalicelib.api.schemas.remembered import Remembered
from chalicelib.api.schemas.samples import read_batch
from chalicelib.api.schemas.samples_one_by_one import read_batch_one_by_one
from tests.unit.api.test_bodies import seen

SPACE = st.sampled_from(["", "", "", " ", "\n\t"])
TEXTS = st.sampled_from(
    [
        '"a"',
        '"b"',
        '"\\u0061"',
        '"\\/"',
        '"\\\\"',
        '"}"',
        '"},{"',
        '"é"',
        '"\\u00e9"',
        '"\\ud83d\\ude00"',
        '""',
        '"\\ud800"',
    ]
)
NUMBERS = st.sampled_from(
    [
        "0",
        "-0",
        "-0.0",
        "1",
        "1.0",
        "1e3",
        "1.5E-3",
        "9007199254740993",
        "1e999",
        f"1{'0' * 400}",
        "01",
        "NaN",
        "-Infinity",
    ]
)
OTHERS = st.sampled_from(["null", "true", "[]", "{}", '"1"', '{"k":1e999}'])


def objects(keys: st.SearchStrategy[str], values: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    """Objects as text: in any order, with blanks, their keys perhaps twice."""
    pair = st.builds("{}{}{}:{}{}{}".format, SPACE, keys, SPACE, SPACE, values, SPACE)
    return st.lists(pair, max_size=most).map(lambda pairs: "{" + ",".join(pairs) + "}")


TAGS = objects(TEXTS, st.one_of(TEXTS, TEXTS, TEXTS, OTHERS), 2)
FIELD = st.one_of(
    st.builds('"metricType":{}'.format, TEXTS),
    st.builds('"value":{}'.format, NUMBERS),
    st.builds('"tags" : {}'.format, TAGS),
    st.builds('"timestamp":{}'.format, st.one_of(NUMBERS, TEXTS, st.just("null"))),
    st.builds('"unit":{}'.format, st.one_of(TEXTS, st.just("null"))),
    st.builds("{}:{}".format, st.sampled_from(['"value"', '"tags"', '"other"']), OTHERS),
)
GOOD = st.builds(
    '{{"metricType":{},"value":{},{}"tags":{}}}'.format,
    TEXTS,
    st.sampled_from(["1", "2.5"]),
    st.sampled_from(["", '"unit":"ms",', '"timestamp":1.5,']),
    objects(TEXTS, TEXTS, 2),
)
SAMPLE = st.one_of(GOOD, GOOD, GOOD, st.lists(FIELD, max_size=5).map(lambda fields: "{" + ",".join(fields) + "}"))
LIST = st.lists(SAMPLE, max_size=5).map(lambda each: "[" + ",".join(each) + "]")
BODY = st.one_of(LIST, st.builds('{{{}"metrics"{}:{}{}}}'.format, SPACE, SPACE, LIST, SPACE))


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Nothing is remembered from other tests, nor by them from these."""
    forget()
    stretch = flat_lists.STRETCH
    yield
    flat_lists.STRETCH = stretch
    forget()


def forget() -> None:
    """Nothing was ever read."""
    flat_lists._by_tags = Remembered(1 << 20)


@given(st.lists(BODY, min_size=1, max_size=4), st.sampled_from([1, 50, 65_536]))
def test_what_was_read_before_and_where_it_is_cut_change_nothing(bodies: list[str], stretch: int) -> None:
    forget()
    flat_lists.STRETCH = stretch
    for text in [*bodies, *bodies]:
        raw = text.encode("utf-8", "surrogatepass")
        assert seen(raw, read_batch) == seen(raw, read_batch_one_by_one)


@given(BODY, st.integers(0, 300), st.integers(0, 255))
def test_a_damaged_byte_is_seen_by_both(text: str, place: int, byte: int) -> None:
    raw = bytearray(text.encode())
    raw[place % len(raw)] = byte
    assert seen(bytes(raw), read_batch) == seen(bytes(raw), read_batch_one_by_one)


def test_what_is_skipped_over_must_be_utf_8_too() -> None:
    raw = b'[{"metricType":"a","value":1,"tags":{"k":"\xff"},"tags":{}}]'
    assert seen(raw, read_batch) == seen(raw, read_batch_one_by_one) == "body"


def test_a_long_list_is_read_in_stretches_that_are_cut_between_samples() -> None:
    raw = json.dumps([{"metricType": "a", "value": n, "tags": {"k": "v" * (n % 9)}} for n in range(500)]).encode()
    flat_lists.STRETCH = 1_000
    cut = [*flat_lists._stretches(raw, 1, len(raw) - 1)]
    assert 20 < len(cut) < 40
    assert [sample for each in cut for sample in json.loads(each)] == json.loads(raw)


def test_a_cut_within_a_text_is_noticed() -> None:
    flat_lists.STRETCH = 40
    texts = ['[{"metricType":"a","value":1,"tags":{"k":"},{' + filler + '"}}]' for filler in ("", '","value":1', "},{")]
    for raw in map(str.encode, texts):
        assert seen(raw, read_batch) == seen(raw, read_batch_one_by_one)


def listed(*names: str, tags: dict[str, str]) -> bytes:
    """A list of a sample each of these metric types."""
    return json.dumps([{"metricType": name, "value": 1, "tags": tags} for name in names]).encode()


def series(raw: bytes) -> list[Any]:
    """The series of a list's samples."""
    events = read_batch(raw).events
    assert events is not None
    return events.series


def test_the_same_words_are_the_same_series_the_next_time() -> None:
    first = series(listed("a", "b", "a", tags={"host": "x"}))
    again = series(listed("b", "a", tags={"host": "x"}))
    assert first == [again[1], again[0], again[1]]
    assert series(listed("a", tags={"host": "y"})) != [again[1]]


def test_a_unit_makes_another_series() -> None:
    with_unit, without, empty = (
        series(b'[{"metricType":"a","value":1%s}]' % unit)[0] for unit in (b',"unit":"ms"', b"", b',"unit":""')
    )
    assert [with_unit.unit, without.unit, empty.unit] == ["ms", None, ""]


def test_endless_metric_types_under_the_same_tags_are_forgotten() -> None:
    names = [f"m{number}" for number in range(2 * flat_lists.MAX_UNDER_TAGS)]
    assert [each.metric_type for each in series(listed(*names, tags={"host": "x"}))] == names
    assert sum(map(len, flat_lists._by_tags._items.values())) <= flat_lists.MAX_UNDER_TAGS
