"""What else changed: planted causes are found among the noise of a host, and noise alone says nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.standouts import (
    LOOK_BACK_MS,
    STANDS_OUT,
    Floats,
    Standout,
    levels,
    most_striking,
    score_of,
    tell_standouts,
)

AT = 1_790_000_000_000
TIMES = np.arange(AT - LOOK_BACK_MS + 10_000, AT + 1, 10_000)
COUNT = len(TIMES)
RECENT = TIMES > AT - 180_000
METRICS = 40
INCIDENTS = 50


def noise(rng: np.random.Generator, kind: int) -> Floats:
    """An hour of a host's figure, such as they are: noisy, wandering, still, in bursts, counting, rounded."""
    if kind == 0:
        return rng.normal(50, 8, COUNT)
    if kind == 1:
        return np.clip(40 + np.cumsum(rng.normal(0, 0.4, COUNT)), 0, 100)
    if kind == 2:
        return np.full(COUNT, 71.0)
    if kind == 3:
        return rng.lognormal(3, 0.8, COUNT)
    if kind == 4:
        return np.cumsum(rng.poisson(300, COUNT)).astype(float)
    return np.round(rng.normal(2, 0.5, COUNT), 1)


def host(rng: np.random.Generator) -> list[Floats]:
    """All figures of a host in a calm hour."""
    return [noise(rng, number % 6) for number in range(METRICS)]


def strike(rng: np.random.Generator, values: Floats, kind: int) -> Floats:
    """The figure with a cause planted in its last three minutes: it rises to a multiple, or falls to nearly nothing."""
    changed = values.copy()
    factor = rng.uniform(2.5, 6)
    if kind == 4:
        steps = np.diff(values, prepend=values[0])
        steps[RECENT] *= factor
        return np.cumsum(steps)
    changed[RECENT] = values[RECENT] * (factor if rng.random() < 0.7 else 0.05)
    return changed


def striking(figures: list[Floats]) -> list[int]:
    """The figures that are said to stand out."""
    found = []
    for number, values in enumerate(figures):
        levelled, is_counter = levels(TIMES, values, AT)
        score, before, now = score_of(levelled)
        found.append(Standout(f"m{number:02}", "", (), before, now, score, is_counter))
    return [int(each.metric_type[1:]) for each in most_striking(found)]


def test_planted_causes_are_among_the_three_in_most_incidents() -> None:
    rng = np.random.default_rng(20261123)
    found = 0
    for _ in range(INCIDENTS):
        figures = host(rng)
        planted = int(rng.integers(METRICS))
        figures[planted] = strike(rng, figures[planted], planted % 6)
        found += planted in striking(figures)
    assert found >= 40, found


def test_noise_alone_hardly_ever_stands_out() -> None:
    rng = np.random.default_rng(7)
    loud = sum(bool(striking(host(rng))) for _ in range(INCIDENTS))
    assert loud <= 5, loud


@pytest.mark.parametrize(
    ("before", "now", "stands_out"),
    [(0.0, 5.0, True), (71.0, 71.0, False), (71.0, 71.5, False), (71.0, 95.0, True), (10.0, 0.0, True)],
)
def test_a_still_series_stands_out_once_it_moves_by_more_than_a_trifle(
    before: float, now: float, stands_out: bool
) -> None:
    score, usual, present = score_of(np.array([before] * 30 + [now]))
    assert (usual, present) == (before, now)
    assert (score >= STANDS_OUT) is stands_out


def test_too_short_a_past_and_silence_tell_nothing() -> None:
    assert score_of(np.array([np.nan] * 21 + [1.0] * 9 + [99.0]))[0] == 0
    assert score_of(np.array([1.0] * 30 + [np.nan]))[0] == 0


def test_a_counter_is_read_as_its_rate() -> None:
    values = np.arange(COUNT, dtype=np.float64) * 500
    found, is_counter = levels(TIMES, values, AT)
    assert is_counter
    assert found[-1] == pytest.approx(50.0)


def test_a_metric_of_many_series_takes_one_place() -> None:
    cores = [Standout("cpu_core", "percent", (("core", str(core)),), 10, 90, 20.0 + core) for core in range(8)]
    other = Standout("disk_io", "ops", (), 1, 30, 9.0)
    assert most_striking([*cores, other]) == [cores[7], other]


def test_it_is_said_in_one_line() -> None:
    found = [
        Standout("disk_usage", "percent", (("mount", "/var"),), 71, 99, 14),
        Standout("network_bytes", "bytes", (), 1000, 90_000, 9, per_second=True),
    ]
    assert tell_standouts("host=web-1", found) == (
        "Also changed on host=web-1: disk_usage (mount=/var) from 71% to 99%; network_bytes from 1000 bytes/s to"
        " 90000 bytes/s"
    )
    assert tell_standouts("host=web-1", []) == "Nothing else stands out on host=web-1"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=COUNT, max_size=COUNT))
def test_no_figure_of_it_is_infinite_however_large_the_values_are(values: list[float]) -> None:
    found, _ = levels(TIMES, np.array(values), AT)

    score, before, now = score_of(found)

    assert not math.isinf(before)
    assert not math.isinf(now)
    assert math.isfinite(score)
