"""Trends, and the statistics that they and the forecasts rest on."""

from __future__ import annotations

import random
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.statistics import correlation_p, rank_correlation, ranks, robust_line, signed_rank_p
from chalicelib.domain.trends import Direction, Judgement, judge_trend


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=9))
def test_the_signed_rank_test_counts_all_signs(differences: list[int]) -> None:
    left = [each for each in differences if each]
    if not left:
        assert signed_rank_p(differences) == 1
        return
    weights = ranks(np.abs(np.array(left, float))).tolist()
    seen = sum(weight for weight, each in zip(weights, left, strict=True) if each > 0)
    smaller = min(seen, sum(weights) - seen)
    sums = [
        sum(weight for weight, sign in zip(weights, signs, strict=True) if sign)
        for signs in product((0, 1), repeat=len(left))
    ]
    expected = min(1.0, 2 * sum(each <= smaller for each in sums) / len(sums))
    assert signed_rank_p(differences) == pytest.approx(expected)


def test_many_pairs_are_judged_as_few_are() -> None:
    rolls = random.Random(1)
    differences = [rolls.gauss(0.25, 1) for _ in range(61)]
    assert signed_rank_p(differences) == pytest.approx(signed_rank_p(differences[:60]), abs=0.05)


def test_ranks_share_ties_and_correlation_ignores_scale() -> None:
    assert ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1, 3.5, 2]
    x = np.arange(20, dtype=np.float64)
    assert rank_correlation(x, x**3) == pytest.approx(1)
    assert rank_correlation(x, -x) == pytest.approx(-1)
    assert rank_correlation(x, np.ones(20)) == 0
    assert correlation_p(0.5, 3) == 1
    assert correlation_p(-0.62, 168) < 1e-9


def test_a_line_is_not_tilted_by_outliers() -> None:
    x = np.arange(30, dtype=np.float64)
    y = 2 * x + 1 + np.sin(x * 7)
    y[[3, 17]] = 500
    line = robust_line(x, y)
    assert line.slope == pytest.approx(2, abs=0.02)
    assert line.low < 2 < line.high


def noise(seed: int, level: float) -> list[float]:
    """Seven days around a level."""
    rolls = random.Random(seed)
    return [rolls.gauss(level, level / 20) for _ in range(7)]


def test_a_change_beyond_noise_is_a_trend_with_a_magnitude() -> None:
    found = judge_trend("response_time", 280, 245, list(zip(noise(1, 280), noise(2, 245), strict=True)))
    assert found is not None
    assert (found.direction, found.judgement) == (Direction.DECREASING, Judgement.BETTER)
    assert found.change_percent == pytest.approx(12.5)
    assert found.p_value is not None
    assert found.p_value < 0.05


def test_noise_is_stable_nineteen_times_in_twenty() -> None:
    found = [
        judge_trend("cpu_usage", 50, 53, list(zip(noise(seed, 50), noise(seed + 10_000, 50), strict=True)))
        for seed in range(400)
    ]
    assert sum(each is not None and each.direction is not Direction.STABLE for each in found) <= 20


@pytest.mark.parametrize(
    ("metric", "previous", "current", "judgement"),
    [
        ("throughput", 100, 150, "better"),
        ("throughput", 150, 100, "worse"),
        ("active_users", 100, 150, "better"),
        ("error_rate", 1, 2, "worse"),
        ("memory_usage", 50, 40, "better"),
        ("cpu_usage", 50, 50.5, "unchanged"),
    ],
)
def test_the_direction_is_judged(metric: str, previous: float, current: float, judgement: str) -> None:
    found = judge_trend(metric, previous, current, [(previous, current)] * 7)
    assert found is not None
    assert found.judgement == judgement


def test_too_few_pairs_are_judged_by_size_alone() -> None:
    small, large = judge_trend("cpu_usage", 50, 54, [(50, 54)]), judge_trend("cpu_usage", 50, 55, [(50, 55)] * 5)
    assert small is not None
    assert large is not None
    assert (small.direction, small.p_value) == (Direction.STABLE, None)
    assert (large.direction, large.p_value) == (Direction.INCREASING, None)


def test_what_was_not_recorded_has_no_trend_and_what_came_from_nothing_no_percentage() -> None:
    assert judge_trend("cpu_usage", None, 5, []) is None
    assert judge_trend("cpu_usage", 5, None, []) is None
    found = judge_trend("error_rate", 0, 1, [(0, 1)] * 7)
    assert found is not None
    assert (found.change_percent, found.direction) == (None, Direction.INCREASING)
    nothing = judge_trend("error_rate", 0, 0, [(0, 0)] * 7)
    assert nothing is not None
    assert (nothing.change_percent, nothing.direction) == (0, Direction.STABLE)


def test_a_change_that_no_number_is_large_enough_for_has_no_percentage() -> None:
    found = judge_trend("response_time", 1e-9, 1.7e308, [])

    assert found is not None
    assert (found.direction, found.change_percent) == (Direction.INCREASING, None)
