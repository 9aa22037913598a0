"""What is recognised by its bytes is read as if it had never been seen, however the bytes are damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api.schemas import otlp, remote_write
from chalicelib.api.schemas.remembered import Remembered
from chalicelib.domain.errors import InvalidInput
from chalicelib.services.incoming import Batch
from tests.otlp import all_points, double_gauge, histogram, resource_metrics
from tests.remote_write import block, series, write_request

START = 1_800_000_000_000
MEMORIES = ((remote_write, "_with_value"), (remote_write, "_without"), (otlp, "_plans"))
WRITTEN = write_request(
    *(
        series({"__name__": f"m{each}", "job": "node", "le": "0.5"}, [(START + each, value)], leaves_zero_out=True)
        for each, value in enumerate((0.0, 1.5, 0.0, 2.5))
    )
)
EXPORTED = resource_metrics(
    [
        double_gauge("x", 1.5, START * 1_000_000, {"k": "v"}),
        histogram("t", [1.0, 2.0], [1, 2, 3], 4.5, START * 1_000_000),
        double_gauge("y", 2.5, START * 1_000_000, {}),
    ],
    {"host.name": "web-1"},
)
DAMAGE = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4)
CUTS = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 20), st.binary(max_size=20)), max_size=2)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Nothing is remembered from other tests, nor by them from these."""
    forget()
    yield
    forget()


def forget() -> None:
    """Nothing was ever read."""
    for module, name in MEMORIES:
        setattr(module, name, Remembered(1 << 20))


def told(read: Callable[[bytes], Batch], body: bytes) -> Any:
    """All that a reader makes of a body."""
    try:
        batch = read(body)
    except InvalidInput as wrong:
        return wrong.message
    points = all_points(batch)
    said = [
        (index, each.metric_type, tuple(each.tags.items()), each.unit, time, repr(value))
        for index, each, time, value in zip(points.indexes, points.series, points.times, points.values, strict=True)
    ]
    return sorted(said, key=repr), batch.rejected, batch.errors


def damaged(body: bytes, damage: list[tuple[int, int]], cuts: list[tuple[int, int, bytes]]) -> bytes:
    """The body with bytes changed, and pieces replaced."""
    changed = bytearray(body)
    for place, byte in damage:
        changed[place % len(changed)] = byte
    for place, length, piece in cuts:
        start = place % (len(changed) + 1)
        changed[start : start + length] = piece
    return bytes(changed)


def write(body: bytes) -> Batch:
    """Read a WriteRequest."""
    return remote_write.read_remote_write(block(body))


@pytest.mark.parametrize(("read", "body"), [(write, WRITTEN), (otlp.read_otlp, EXPORTED)], ids=["write", "OTLP"])
@given(damage=DAMAGE, cuts=CUTS)
def test_a_damaged_body_is_read_alike_with_and_without_memory(
    read: Callable[[bytes], Batch], body: bytes, damage: list[tuple[int, int]], cuts: list[tuple[int, int, bytes]]
) -> None:
    hurt = damaged(body, damage, cuts)
    forget()
    without = told(read, hurt)
    forget()

    whole = told(read, body)
    with_memory = [told(read, hurt), told(read, hurt)]

    assert with_memory == [without, without]
    assert told(read, body) == whole
    assert len(whole[0]) >= 4


def test_what_is_remembered_is_bounded_and_the_oldest_gives_way() -> None:
    memory: Remembered[int, str] = Remembered(800)

    for key in range(20):
        memory.keep(key, "x", 100)
    memory.keep(19, "y", 100)
    memory.keep(100, "too large", 101)

    assert [key for key in range(101) if memory.get(key)] == [*range(12, 20)]
    assert memory.get(19) == "y"
