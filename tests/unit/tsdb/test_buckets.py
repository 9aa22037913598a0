"""Percentiles from buckets are those of the values that were counted, as closely as the buckets are narrow."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chalicelib.api.schemas.otlp_exponential import bucket_counts
from chalicelib.tsdb.aggregate import Floats
from chalicelib.tsdb.buckets import on_bounds, quantiles

SHARES = [0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999]


def distributions() -> dict[str, Floats]:
    """What latencies look like, and what they do not."""
    random = np.random.default_rng(7)
    return {
        "log-normal": random.lognormal(4, 1, 20_000),
        "two humps": np.concatenate([random.normal(20, 2, 15_000), random.normal(900, 50, 5_000)]),
        "exponential": random.exponential(0.05, 20_000),
        "on both sides of zero": np.where(np.abs(around := random.normal(0.5, 3, 20_000)) < 0.05, 0.0, around),
    }


@pytest.mark.parametrize("name", [*distributions()])
@pytest.mark.parametrize("scale", [3, 6, 8])
def test_a_percentile_of_exponential_bins_is_right_within_their_width(name: str, scale: int) -> None:
    numbers = distributions()[name]

    def side(of: Floats) -> tuple[int, list[int]]:
        indexes = np.ceil(np.log2(of) * 2.0**scale).astype(int) - 1
        offset = int(indexes.min())
        return offset, np.bincount(indexes - offset).tolist()

    negative = side(-numbers[numbers < 0]) if (numbers < 0).any() else (0, [])
    found = bucket_counts(scale, int((numbers == 0).sum()), side(numbers[numbers > 0]), negative)
    bounds, counts = (np.array(each, float) for each in zip(*found, strict=True))
    width = 2 ** (1 / 2 ** min(scale, 4)) - 1

    for share in SHARES:
        (quantile,) = quantiles(bounds, counts[:, np.newaxis], share)
        exact = float(np.quantile(numbers, share, method="inverted_cdf"))
        assert quantile == pytest.approx(exact, rel=width * 1.01)


def test_in_explicit_buckets_values_are_taken_to_lie_evenly() -> None:
    bounds = np.array([10.0, 20.0, math.inf])
    counts = np.array([[4.0, 0.0, 0.0, 1.0], [8.0, 2.0, 0.0, 1.0], [8.0, 4.0, 0.0, 1.0]])

    median = quantiles(bounds, counts, 0.5)

    np.testing.assert_array_equal(median, [10.0, 20.0, np.nan, 5.0])
    assert quantiles(bounds, counts, 0.99)[1] == 20.0


def test_a_histogram_without_a_bound_has_nothing_below_it_since_the_last() -> None:
    counts = np.array([[1.0, np.nan], [np.nan, 5.0], [3.0, 6.0]])

    found = on_bounds(np.array([0.5, 1.0, 1.5, 2.0, math.inf]), np.array([1.0, 2.0, math.inf]), counts)

    np.testing.assert_array_equal(found, [[0, 0], [1, 0], [1, 0], [1, 5], [3, 6]])
