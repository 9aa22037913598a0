"""After an interruption of our own."""

from __future__ import annotations

import pytest

from chalicelib.domain.gaps import Due, believed_from, due_instants


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (None, 100_000, Due((100_000,), gap=False)),
        (90_000, 100_000, Due((100_000,), gap=False)),
        (70_000, 100_000, Due((80_000, 90_000, 100_000), gap=False)),
        (100_000, 220_000, Due(tuple(range(110_000, 220_001, 10_000)), gap=False)),
        (100_000, 230_000, Due((230_000,), gap=True)),
        (100_000, 100_000, Due((), gap=False)),
        (400_000, 100_000, Due((), gap=False)),
        (410_000, 100_000, Due((100_000,), gap=True)),
    ],
)
def test_a_short_gap_is_replayed_and_a_long_one_is_not(last: int | None, now: int, due: Due) -> None:
    assert due_instants(last, now, 10_000) == due


@pytest.mark.parametrize(("window", "interval", "after"), [(60, 10, 90), (300, 10, 300), (60, 60, 120)])
def test_no_data_is_believed_when_data_had_time_to_arrive(window: int, interval: int, after: int) -> None:
    assert believed_from(5_000, window * 1000, interval * 1000) == 5_000 + after * 1000
