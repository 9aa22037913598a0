"""Forecasts of full disks, what a longer duration would have spared, and business impact that holds up."""

from __future__ import annotations

import numpy as np
import pytest

from chalicelib.domain.forecasts import forecast_disk
from chalicelib.domain.impact import find_impacts
from chalicelib.domain.noise import suggest_fix
from chalicelib.domain.report_figures import Floats
from chalicelib.domain.report_ranges import DAY, HOUR, MINUTE
from tests.unit.domain.reports import JANUARY

END = JANUARY + 14 * DAY
WIDTH = 15 * MINUTE


def usage(percent_a_day: float, at_end: float, *, noise: float = 0.5, days: int = 14) -> list[tuple[int, float]]:
    """A disk's usage by the hour, with a nightly backup and noise."""
    rolls = np.random.default_rng(3)
    return [
        (
            at,
            at_end
            + percent_a_day * (at - END) / DAY
            + (3 if at // HOUR % 24 == 2 else 0)
            + float(rolls.normal(0, noise)),
        )
        for at in range(END - days * DAY, END, HOUR)
    ]


@pytest.mark.parametrize(("percent_a_day", "at_end"), [(2.0, 82.0), (0.5, 90.0), (5.0, 60.0)])
def test_a_planted_trend_is_forecast_within_a_tenth(percent_a_day: float, at_end: float) -> None:
    truth = (100 - at_end) / percent_a_day
    found = forecast_disk("web-3", "/", usage(percent_a_day, at_end), END)
    assert found is not None
    assert found.days == pytest.approx(truth, rel=0.1)
    assert found.earliest <= found.days <= found.latest
    assert found.percent_a_day == pytest.approx(percent_a_day, rel=0.1)


@pytest.mark.parametrize(
    "cells",
    [
        usage(0.0, 90.0),
        usage(-1.0, 50.0),
        usage(0.05, 50.0, noise=2),
        usage(0.1, 50.0),
        usage(2.0, 82.0, days=1),
        [],
    ],
    ids=["level", "falling", "noise", "years away", "a day only", "no data"],
)
def test_nothing_is_told_where_nothing_is_sure(cells: list[tuple[int, float]]) -> None:
    assert forecast_disk("web-3", "/", cells, END) is None


def test_only_what_came_after_a_clean_up_counts() -> None:
    before = [(at, value + 30) for at, value in usage(2.0, 60.0) if at < END - 5 * DAY]
    after = [each for each in usage(2.0, 60.0) if each[0] >= END - 5 * DAY]
    found = forecast_disk("web-3", "/", before + after, END)
    assert found is not None
    assert found.days == pytest.approx(20, rel=0.1)


@pytest.mark.parametrize(
    ("lasted", "expected"),
    [
        ([30.0] * 9 + [4000.0], (360, 1)),
        ([200.0] * 5 + [None], (600, 1)),
        ([4000.0] * 9, None),
        ([], None),
    ],
    ids=["half a minute", "minutes", "long ones", "none"],
)
def test_a_longer_duration_is_tried_on_the_alerts_that_fired(
    lasted: list[float | None], expected: tuple[int, int] | None
) -> None:
    found = suggest_fix(lasted, 300)
    assert (found and (found.duration, found.would_have_fired)) == expected


def wave(rolls: np.random.Generator, days: int, memory: float) -> Floats:
    """Noise that resembles its neighbours, on top of the day's rhythm."""
    buckets = days * 96
    values: Floats = rolls.normal(size=buckets)
    for place in range(1, buckets):
        values[place] += memory * values[place - 1]
    values += 5 * np.sin(np.arange(buckets) / 96 * 2 * np.pi)
    return values


def test_a_planted_correlation_is_found_at_its_lag() -> None:
    rolls = np.random.default_rng(5)
    response = wave(rolls, 7, 0.5)
    created = 50 - 3 * np.concatenate([np.zeros(2), response[:-2]]) + rolls.normal(0, 2, 672)
    found = find_impacts({"p95 response time": response, "CPU usage": wave(rolls, 7, 0.5)}, {"made": created}, WIDTH)
    assert [(each.performance, each.business, each.lag_minutes) for each in found] == [
        ("p95 response time", "made", 30)
    ]
    assert found[0].rho < -0.6
    assert found[0].p_value < 0.001


@pytest.mark.parametrize("memory", [0.0, 0.6, 0.9])
def test_in_noise_at_most_one_report_in_twenty_claims_anything(memory: float) -> None:
    rolls = np.random.default_rng(11)
    claims = sum(
        bool(
            find_impacts(
                {"p95 response time": wave(rolls, 7, memory), "CPU usage": wave(rolls, 7, memory)},
                {"orders": wave(rolls, 7, memory), "signups": rolls.poisson(2, 672).astype(float)},
                WIDTH,
            )
        )
        for _ in range(60)
    )
    assert claims <= 3


def test_missing_buckets_are_left_out_and_too_few_say_nothing() -> None:
    rolls = np.random.default_rng(1)
    response = wave(rolls, 1, 0.0)[:40]
    made = -response
    assert find_impacts({"p": response}, {"made": made}, WIDTH)
    response[:20] = np.nan
    assert find_impacts({"p": response}, {"made": made}, WIDTH) == ()
