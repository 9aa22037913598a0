"""Numbers are written as JSON writes each of them, whichever way is the quicker."""

from __future__ import annotations

import json
import struct

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from chalicelib.tsdb import numbers
from chalicelib.tsdb.numbers import write_numbers

ROUND = st.integers(-300, 300).map(lambda hundredths: hundredths / 100)
ANY = st.floats(allow_infinity=False)
EDGES = st.sampled_from([0.0, -0.0, float("nan"), 1e9, -1e9, 1e300, 5e-324, 0.1 + 0.2, 0.005, 1e9 - 0.01])


def plainly(values: list[float]) -> list[bytes]:
    """One by one."""
    return [msgspec.json.encode(value) for value in values]


@given(st.lists(ROUND, min_size=1) | st.lists(ROUND | EDGES) | st.lists(ANY))
def test_each_is_written_as_it_would_be_alone(values: list[float]) -> None:
    many = values * -(-numbers.MANY // max(1, len(values)))
    assert write_numbers(np.array(many, np.float64)) == plainly(many)
    assert write_numbers(np.array(values, np.float64)) == (plainly(values))


@given(st.lists(ROUND | EDGES, min_size=1))
def test_what_is_read_again_is_the_same_bit_for_bit(values: list[float]) -> None:
    many = values * -(-numbers.MANY // len(values))
    for value, word in zip(many, write_numbers(np.array(many)), strict=True):
        read = json.loads(word)
        assert value != value if read is None else struct.pack("<d", read) == struct.pack("<d", value)


@pytest.mark.parametrize(("scale", "is_distinct"), [(1, True), (100, True), (1000, False)])
def test_round_numbers_are_each_written_once(scale: int, is_distinct: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.arange(numbers.MANY) % 50 / scale
    written: list[int] = []
    plain = numbers._written

    def count(given: NDArray[np.float64]) -> list[bytes]:
        written.append(len(given))
        return plain(given)

    monkeypatch.setattr(numbers, "_written", count)
    assert write_numbers(values) == plainly(values.tolist())
    assert written == [50 if is_distinct else numbers.MANY]
