"""Backtests: the same as stepping at every instant, only sooner."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.alerts import Alert, State, Terms, Transition, step, terms_of
from chalicelib.domain.conditions import Condition, Operator
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.notifications import Reason
from chalicelib.domain.rules import Match, NoData, Rule, Verdict
from chalicelib.domain.series import Kind
from chalicelib.domain.series_literals import parse_values
from chalicelib.domain.verdicts import Readings, Verdicts, judge
from chalicelib.services.backtest import GroupBacktest, GroupHistory, backtest, walk

TICK = 10_000
NUMBERS = {"B": Verdict.BREACHED, "C": Verdict.CLEAR, "-": Verdict.NO_DATA}


def rule(**more: Any) -> Rule:
    """Above 90 is bad."""
    recovery = more.pop("recovery", None)
    condition = Condition("m", Operator.GREATER_THAN, 90, recovery_threshold=recovery)
    return Rule("r", "r", (condition,), **more)


def history(literal: str, kind: Kind = Kind.SAMPLED) -> tuple[np.ndarray[Any, np.dtype[np.int64]], GroupHistory]:
    """A literal, a value an instant of the grid."""
    values = np.array([np.nan if value is None else value for value in parse_values(literal)])
    return np.arange(len(values), dtype=np.int64) * TICK, GroupHistory((("host", "a"),), [Readings(values)], kind)


def run(literal: str, **more: Any) -> GroupBacktest:
    """The backtest of one literal."""
    instants, group = history(literal)
    return backtest(rule(**more), instants, [group], cooldown_period=1800)[0]


def step_everywhere(terms: Terms, calm: Verdicts, firing: Verdicts, moments: list[int]) -> tuple[list[Transition], int]:
    """What `walk` stands for, done the long way."""
    alert: Alert | None = None
    transitions: list[Transition] = []
    for place, now in enumerate(moments):
        is_firing = alert is not None and alert.state is State.FIRING
        signal = Verdict((firing if is_firing else calm)[place])
        alert, found = step(terms, alert, signal, now, new_id=str(now))
        transitions += found
    dropped = {each.alert_id for each in transitions if each.target is None}
    return [each for each in transitions if each.alert_id not in dropped], len(dropped)


@st.composite
def verdict_pairs(draw: st.DrawFn) -> tuple[Verdicts, Verdicts]:
    """Verdicts when calm and when firing: runs of them, breached when firing wherever breached when calm."""
    kinds = st.sampled_from(["BB", "CC", "--", "CB"])
    runs = draw(st.lists(st.tuples(kinds, st.integers(1, 12)), max_size=25))
    pairs = [kind for kind, length in runs for _ in range(length)]
    calm, firing = ([NUMBERS[pair[which]] for pair in pairs] for which in (0, 1))
    return np.array(calm, np.int8), np.array(firing, np.int8)


@given(
    verdict_pairs(),
    st.sampled_from([0, 5_000, 10_000, 30_000, 65_000]),
    st.sampled_from([0, 10_000, 35_000]),
    st.sampled_from(NoData),
    st.sampled_from([TICK, 300_000, 3_600_000]),
)
def test_stepping_where_something_can_happen_equals_stepping_everywhere(
    verdicts: tuple[Verdicts, Verdicts], duration: int, keep: int, no_data: NoData, tick: int
) -> None:
    terms = Terms(duration * tick // TICK, keep * tick // TICK, no_data)
    moments = [1_000_000 + place * tick for place in range(len(verdicts[0]))]

    assert walk(terms, np.array(moments, np.int64), *verdicts) == step_everywhere(terms, *verdicts, moments)


VALUES = st.sampled_from([50.0, 85.0, 95.0, float("nan")])


@given(
    st.lists(st.tuples(VALUES, VALUES), max_size=60),
    st.sampled_from(Match),
    st.sampled_from(NoData),
    st.sampled_from([0, 25, 60]),
    st.sampled_from([0, 20]),
)
def test_a_backtest_equals_judging_and_stepping_live_at_every_instant(
    values: list[tuple[float, float]], match: Match, no_data: NoData, duration: int, keep: int
) -> None:
    conditions = (
        Condition("m", Operator.GREATER_THAN, 90, recovery_threshold=80),
        Condition("n", Operator.LESS_THAN, 60, recovery_threshold=90),
    )
    tested = Rule("r", "r", conditions, match, duration=duration, keep_firing_for=keep, no_data=no_data)
    instants = np.arange(len(values), dtype=np.int64) * TICK
    columns = [Readings(np.array([pair[which] for pair in values], np.float64)) for which in (0, 1)]

    found = backtest(tested, instants, [GroupHistory((), columns)], cooldown_period=0)[0]

    alert: Alert | None = None
    transitions: list[Transition] = []
    for now, pair in zip(instants.tolist(), values, strict=True):
        is_firing = alert is not None and alert.state is State.FIRING
        verdict = judge(tested, [Readings(np.array(value)) for value in pair], firing=is_firing)
        alert, more = step(terms_of(tested, Kind.SAMPLED), alert, Verdict(int(verdict)), now, new_id=str(now))
        transitions += more
    dropped = {each.alert_id for each in transitions if each.target is None}
    assert found.transitions == tuple(each for each in transitions if each.alert_id not in dropped)
    assert found.dropped == len(dropped)


def test_a_history_tells_when_it_would_have_fired_and_for_how_long() -> None:
    found = run("40x3 95x10 40x5 95x2 40x3", duration=60)

    assert found.transitions == (
        Transition(30_000, "30000", None, State.PENDING),
        Transition(90_000, "30000", State.PENDING, State.FIRING),
        Transition(130_000, "30000", State.FIRING, State.RESOLVED, found.transitions[2].reason),
    )
    assert (found.firings, found.dropped, found.firing_ms) == (1, 1, 40_000)
    assert found.told.reasons == Counter({Reason.FIRING: 1, Reason.RESOLVED: 1})


def test_a_recovery_threshold_keeps_it_firing() -> None:
    assert run("95 85x5 79", recovery=80.0).firing_ms == 60_000
    assert run("95 85x5 79").firing_ms == 10_000


def test_what_still_fires_or_is_pending_at_the_end_is_part_of_it() -> None:
    assert run("95x10", duration=30).firing_ms == 60_000
    pending = run("40 95x2", duration=30)
    assert [each.target for each in pending.transitions] == [State.PENDING]
    assert pending.firing_ms == 0


def test_flapping_during_cooldown_is_counted_and_told_once_at_its_end() -> None:
    found = run("95 40 95 40 95x20", cooldown_period=100, repeat_interval=0)

    assert found.firings == 3
    assert found.told.reasons == Counter(
        {Reason.FIRING: 1, Reason.RESOLVED: 1, Reason.COOLDOWN: 3, Reason.COOLDOWN_ENDED: 1}
    )
    assert (found.pages, found.told.flaps) == (2, 2)  # the third COOLDOWN is why a resolved was not told


def test_a_long_firing_repeats() -> None:
    found = run("95x100", cooldown_period=0, repeat_interval=300)
    assert found.told.reasons == Counter({Reason.FIRING: 1, Reason.REPEAT: 3})
    assert found.pages == 1


@pytest.mark.parametrize(("kind", "firing_ms"), [(Kind.SAMPLED, 30_000), (Kind.EVENT, 10_000)])
def test_no_data_counts_by_the_kind_of_series(kind: Kind, firing_ms: int) -> None:
    instants, group = history("95 _x2 40", kind)
    assert backtest(rule(), instants, [group], cooldown_period=0)[0].firing_ms == firing_ms


def test_a_rule_that_does_little_but_fire_is_refused_and_says_what_to_change() -> None:
    instants, group = history(" ".join(["95", "40"] * 20_000))
    with pytest.raises(InvalidInput, match="longer duration") as refused:
        backtest(rule(), instants, [group, group, group], cooldown_period=0)
    assert refused.value.field == "duration"


def test_nothing_at_all_is_a_history_too() -> None:
    assert run("") == GroupBacktest((("host", "a"),), (), 0, 0)
