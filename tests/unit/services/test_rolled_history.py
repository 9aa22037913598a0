"""Trials on rollups: every five minutes they see what the samples say, and they say what they cannot tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.rule_form import read_rule
from chalicelib.domain.series import Definition, Kind
from chalicelib.services import rolled_history
from chalicelib.services.rolled_history import STEP_MS, RolledHistory, check_judgeable, read_rolled
from chalicelib.services.trial import TryRules, plan_on, read_groups
from chalicelib.services.trial_history import make_history
from chalicelib.tsdb.columns import Columns
from chalicelib.tsdb.rollups import FIVE_MINUTES, HOUR_MS, Rollups, roll_up
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


class Store:
    """A snapshot of weeks of rollups of LOAD_A, an hour's last figure each; it counts what is read of it."""

    def __init__(self) -> None:
        self.read = 0

    def rollups(self, metric_type: str, seconds: int, start: int, end: int, part: object) -> Rollups:
        times = np.arange(start - start % HOUR_MS, end, HOUR_MS)
        self.read += len(times)
        held = Columns(np.full(len(times), LOAD_A.series_id), times, times.astype(np.float64))
        return roll_up(held, np.zeros(len(times), bool), seconds)

    def samples_between(self, metric_type: str, start: int, end: int, *, but: list[int]) -> list[Columns]:
        """Those of the one hour that has no rollups yet."""
        assert but == [*range(start - start % HOUR_MS, end, HOUR_MS)]
        return [Columns(np.array([LOAD_A.series_id]), np.array([end - 1]), np.array([7.0]))]


def test_weeks_of_rollups_are_read_day_by_day_each_once() -> None:
    begin, end = START - START % HOUR_MS + 1, START + 20 * 24 * HOUR_MS + 600_000
    found = read_rolled(Store(), SERIES, {"load": begin}, end)  # type: ignore[arg-type]  # as much of it as is called
    hours = [*range(begin - 1 + HOUR_MS, end, HOUR_MS)]
    assert found.times.tolist() == sorted({*hours, (end - 1) // STEP_MS * STEP_MS})
    assert found.lasts[:-1].tolist() == [float(each) for each in hours][: len(found) - 1]


def test_reading_stops_where_it_becomes_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolled_history, "MAX_ROLLUPS", 50)
    store = Store()
    with pytest.raises(InvalidInput, match="reads too much"):
        read_rolled(store, SERIES, {"load": START}, START + 60 * 24 * HOUR_MS)  # type: ignore[arg-type]
    assert store.read <= 50 + 24
