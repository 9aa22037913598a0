"""Suggestions hold what they promise: on series of all characters the week to come stays within the target."""

from __future__ import annotations

import numpy as np
import pytest

from chalicelib.domain.conditions import Condition, Operator
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.rules import Rule
from chalicelib.services.suggest import Suggestion, SuggestThreshold
from chalicelib.services.trial import TryRules
from chalicelib.services.trial_history import History, make_history
from chalicelib.tsdb.columns import Columns
from tests.unit.services.judged_world import START, JudgedWorld, series

MINUTE, DAY = 60_000, 86_400_000
WEEKS = 4
TRIALS = TryRules(JudgedWorld(), tick_ms=MINUTE, cooldown_period=1800)
SUGGEST = SuggestThreshold(TRIALS, tick_ms=MINUTE, cooldown_period=1800)
RULE = Rule("r", "r", (Condition("m", Operator.GREATER_THAN, 0.0, window=60),))


def character(seed: int) -> History:
    """Five weeks, a sample every two minutes: a daily rhythm, noise that lasts, spikes, a busy hour now and then."""
    random = np.random.default_rng(seed)
    count = (WEEKS + 1) * 7 * 720
    place = np.arange(count)
    values = 40 + random.uniform(0, 25) * np.sin(place * 2 * np.pi / 720)
    noise = random.normal(0, random.uniform(1, 8), count)
    for step in range(1, count):
        noise[step] += 0.8 * noise[step - 1]
    values += noise
    values[random.random(count) < random.uniform(0, 0.002)] += random.uniform(20, 60)
    for begin in random.integers(0, count, random.integers(0, 12)):
        values[begin : begin + random.integers(3, 40)] += random.uniform(10, 50)
    ids = np.full(count, series().series_id)
    return make_history(Columns(ids, START + place * 2 * MINUTE, values), {series().series_id: series()})


def suggest(history: History, **asked: float) -> Suggestion:
    """From the first four weeks."""
    return SUGGEST.on_history(RULE, history, START, START + WEEKS * 7 * DAY, pages_per_week=asked.get("pages", 1.0))


def test_the_week_to_come_stays_within_the_target_in_four_cases_of_five() -> None:
    held = []
    for seed in range(30):
        history = character(seed)
        best = suggest(history).best
        assert best is not None
        condition = Condition("m", Operator.GREATER_THAN, best.threshold, window=60)
        tried = Rule("r", "r", (condition,), duration=best.duration)
        week = START + WEEKS * 7 * DAY
        trial = TRIALS.on_history(tried, history, week, week + 7 * DAY - 1)
        held.append(sum(group.pages for group in trial.groups) <= 1)
    assert sum(held) >= 24


def test_a_more_generous_target_never_suggests_less() -> None:
    history = character(3)
    minutes = [suggest(history, pages=pages).best for pages in (1, 5, 20)]
    fired = [best.minutes_firing for best in minutes if best is not None]
    assert len(fired) == 3
    assert fired == sorted(fired)


def test_only_one_threshold_can_be_suggested() -> None:
    history = character(1)
    for operator in (Operator.OUTSIDE_RANGE, Operator.EQUAL):
        odd = Rule("r", "r", (Condition("m", operator, 1.0, threshold_high=2.0),))
        with pytest.raises(InvalidInput, match="one condition"):
            SUGGEST.on_history(odd, history, START, START + DAY, pages_per_week=1)


def test_values_near_the_largest_number_are_no_hindrance() -> None:
    count = 7 * 720
    values = np.where(np.arange(count) % 2, 1.7e308, -1.7e308)
    values[::3] = np.arange(count)[::3] % 50
    ids = np.full(count, series().series_id)
    times = START + np.arange(count) * 2 * MINUTE
    history = make_history(Columns(ids, times, values), {series().series_id: series()})

    found = SUGGEST.on_history(RULE, history, START, START + 7 * DAY, pages_per_week=1.0)

    assert all(np.isfinite(choice.threshold) for choice in found.curve)
