"""Trials on rollups: every five minutes they see what the samples say, and they say what they cannot tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.rule_form import read_rule
from chalicelib.domain.series import Definition, Kind
from chalicelib.services.rolled_history import STEP_MS, RolledHistory, check_judgeable
from chalicelib.services.trial import TryRules, plan_on, read_groups
from chalicelib.services.trial_history import make_history
from chalicelib.tsdb.columns import Columns
from chalicelib.tsdb.rollups import FIVE_MINUTES, roll_up
from tests.unit.services.judged_world import JudgedWorld

START = 1_790_000_100_000 // STEP_MS * STEP_MS
LOAD_A = Definition("load", "percent", Kind.SAMPLED, (("host", "a"),))
LOAD_B = Definition("load", "percent", Kind.SAMPLED, (("host", "b"),))
TOOK = Definition("took", "ms", Kind.EVENT, (("host", "a"),))
BYTES = Definition("bytes", "bytes", Kind.SAMPLED, (("host", "a"),))
SERIES = {each.series_id: each for each in (LOAD_A, LOAD_B, TOOK, BYTES)}


def samples() -> Columns:
    """Two hours of each series every ten seconds, the first of each five minutes a millisecond after its begin."""
    rng = np.random.default_rng(7)
    count = 720
    times = START + np.arange(count) * 10_000 + 1
    figures = [rng.normal(50, 20, count), rng.normal(40, 5, count), rng.lognormal(3, 1, count)]
    figures.append(np.cumsum(rng.integers(0, 9, count)).astype(float))
    by_series = sorted(zip(SERIES, figures, strict=True), key=lambda each: each[0])
    ids = np.repeat(np.array([series for series, _ in by_series], np.int64), count)
    return Columns(ids, np.tile(times, 4), np.concatenate([values for _, values in by_series]))


def rolled() -> RolledHistory:
    """The same as rollups of five minutes."""
    held = samples()
    return RolledHistory(roll_up(held, held.ids == TOOK.series_id, FIVE_MINUTES), SERIES)


def rule(**fields: Any) -> Any:
    """A rule about the load of each host."""
    body = {"name": "r", "metricType": "load", "condition": "greater_than", "threshold": 60, "window": 300}
    return read_rule(body | {"groupBy": ["host"], "aggregation": "avg"} | fields, rule_id="r")


@pytest.mark.parametrize(
    "fields",
    [
        {"aggregation": "avg"},
        {"aggregation": "min"},
        {"aggregation": "max", "window": 900},
        {"aggregation": "sum", "window": 600},
        {"aggregation": "count", "window": 600},
        {"aggregation": "last"},
        {"aggregation": "avg", "groupBy": [], "window": 1800},
        {"aggregation": "increase", "metricType": "bytes", "window": 600},
        {"aggregation": "rate", "metricType": "bytes", "window": 600},
    ],
    ids=lambda fields: "-".join(str(each) for each in fields.values()),
)
def test_a_window_of_whole_rollups_reads_what_the_samples_say(fields: dict[str, Any]) -> None:
    tried = rule(**fields)
    exact = make_history(samples(), SERIES)
    instants = START + np.arange(7, 24) * STEP_MS
    for mine, theirs in zip(
        read_groups(plan_on(tried, rolled()), rolled(), instants),
        read_groups(plan_on(tried, exact), exact, instants),
        strict=True,
    ):
        assert mine.tags == theirs.tags
        np.testing.assert_allclose(mine.readings[0].values, theirs.readings[0].values, rtol=1e-9)


def test_a_percentile_of_events_is_right_within_a_hundredth() -> None:
    tried = rule(metricType="took", aggregation="p90", window=600)
    instants = START + np.arange(3, 24) * STEP_MS
    (group,) = read_groups(plan_on(tried, rolled()), rolled(), instants)
    held = samples().where(samples().ids == TOOK.series_id)
    windows = [held.values[(held.times > at - 600_000) & (held.times <= at)] for at in instants.tolist()]
    wanted = [np.percentile(window, 90, method="lower") for window in windows]
    np.testing.assert_allclose(group.readings[0].values, wanted, rtol=0.01)


def test_a_trial_is_judged_every_five_minutes_and_says_that_it_is_approximate() -> None:
    trial = TryRules(JudgedWorld(), tick_ms=10_000, cooldown_period=0).on_history(
        rule(threshold=45), rolled(), START, START + 24 * STEP_MS
    )
    assert trial.is_approximate
    assert np.diff(trial.instants).tolist() == [STEP_MS] * 24
    assert trial.groups[0].tags == (("host", "a"),)
    assert trial.groups[0].firings > 0
    assert trial.groups[1].firings == 0


def test_where_nothing_was_recorded_there_is_no_data() -> None:
    instants = START + np.arange(30, 40) * STEP_MS
    for group in read_groups(plan_on(rule(), rolled()), rolled(), instants):
        assert np.isnan(group.readings[0].values).all()


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"aggregation": "stddev"}, "stddev"), ({"window": 21_660}, "window of more than 21600 seconds")],
    ids=["stddev", "a long window"],
)
def test_what_rollups_cannot_tell_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        check_judgeable(rule(**fields))
    assert "take a later range" in refused.value.message
