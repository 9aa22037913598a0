"""Series as people write them."""

from __future__ import annotations

import pytest

from chalicelib.domain.series_literals import InvalidSeries, parse_samples, parse_values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", []),
        ("40", [40]),
        ("40x3 95x2 _x2", [40, 40, 40, 95, 95, None, None]),
        ("70+5x4", [70, 75, 80, 85]),
        ("70-5x3", [70, 65, 60]),
        ("-5x2 +3", [-5, -5, 3]),
        ("-5-5x2", [-5, -10]),
        ("1.5e3x2 .5 2.", [1500, 1500, 0.5, 2]),
        ("1e3+.5x2", [1000, 1000.5]),
        ("_ 1x0 2\n3", [None, 2, 3]),
    ],
)
def test_a_literal_is_its_values(text: str, values: list[float | None]) -> None:
    assert parse_values(text) == values


def test_samples_keep_to_the_interval_and_leave_gaps_out() -> None:
    assert parse_samples("40x2 _ 95", start=1000, interval=10) == [(1000, 40), (1010, 40), (1030, 95)]


@pytest.mark.parametrize("text", ["x3", "40x", "fortyx3", "40x-1", "40,5", "_5", "1e400", "NaN", "inf", "1x9999999 1"])
def test_what_is_no_series_is_refused(text: str) -> None:
    with pytest.raises(InvalidSeries):
        parse_values(text)
