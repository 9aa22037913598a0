"""The evaluation: the same as a backtest on the same samples, whichever of several containers does it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.alerts import State, Transition
from chalicelib.domain.conditions import Condition, Operator
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.evaluations import EvaluationState
from chalicelib.domain.rules import Match, NoData, Rule
from chalicelib.domain.selectors import Selection
from chalicelib.domain.series import Kind
from chalicelib.services.trial import TryRules
from tests.unit.services.judged_world import START, TICK, JudgedWorld, series

ABOVE = Operator.GREATER_THAN
VALUES = st.sampled_from([None, 50.0, 85.0, 90.0, 91.0, 99.0])
INSTANTS = 30


@st.composite
def rules(draw: Any) -> Rule:
    """Rules of every shape that a history decides."""

    def condition(metric_type: str) -> Condition:
        operator = draw(st.sampled_from([ABOVE, Operator.LESS_THAN, Operator.PERCENT_INCREASE]))
        threshold = 20.0 if operator.is_change else 90.0
        recovery = draw(st.sampled_from([None, 0.0])) if operator is not Operator.LESS_THAN else None
        return Condition(
            metric_type,
            operator,
            threshold,
            recovery_threshold=None if recovery is None else threshold - 10,
            aggregation=draw(st.sampled_from(["avg", "max", "last", "count", "p90", "hosts"])),
            window=draw(st.sampled_from([5, 10, 30, 60])),
            compare_to=draw(st.sampled_from([30, 60])) if operator.is_change else 3600,
        )

    return Rule(
        id="r",
        name="r",
        conditions=tuple(condition(name) for name in draw(st.sampled_from([("m",), ("m", "n")]))),
        match=draw(st.sampled_from(Match)),
        group_by=draw(st.sampled_from([(), ("host",)])),
        duration=draw(st.sampled_from([0, 10, 30])),
        keep_firing_for=draw(st.sampled_from([0, 20])),
        no_data=draw(st.sampled_from([None, *NoData])),
    )


@given(
    rule=rules(),
    values=st.lists(st.lists(VALUES, min_size=INSTANTS, max_size=INSTANTS), min_size=4, max_size=4),
    kinds=st.sampled_from(Kind),
    turns=st.lists(st.booleans(), min_size=INSTANTS, max_size=INSTANTS),
)
def test_live_and_backtest_record_the_same_transitions_on_the_same_samples(
    rule: Rule, values: list[list[float | None]], kinds: Kind, turns: list[bool]
) -> None:
    """Two containers take turns at random, and heads are compacted away behind them."""
    world = JudgedWorld(rule)
    world.healthy_since, world.last = START - 10**9, START - TICK
    sources = [series(name, kind=kinds, host=host) for name in "mn" for host in ("a", "b")]
    # Everybody is there from the beginning: live, a group exists once it is seen, in a history it always did.
    world.drain(*((each, START - 60_000, 50.0) for each in sources))
    others = world.container()
    for place, is_other in enumerate(turns):
        now = START + place * TICK
        found = [(each, now - 1, value[place]) for each, value in zip(sources, values, strict=True)]
        world.drain(*((each, at, value) for each, at, value in found if value is not None))
        (others if is_other else world.evaluate).run(now, healthy=True)
        world.compacted = max(0, len(world.heads) - 5)

    end = START + (INSTANTS - 1) * TICK
    trial = TryRules(world, tick_ms=TICK, cooldown_period=0).on_stored(rule, START, end)
    assert lives(world.transitions) == sorted(life for group in trial.groups for life in lives(list(group.transitions)))


def lives(transitions: list[Transition]) -> list[Any]:
    """The transitions alert by alert, without their ids; those that came to nothing left out."""
    by_alert: dict[str, list[Transition]] = {}
    for each in transitions:
        by_alert.setdefault(each.alert_id, []).append(each)
    return sorted(
        [(each.at, each.source or "", each.target, each.reason or "") for each in life]
        for life in by_alert.values()
        if life[-1].target is not None
    )


def rule(**fields: Any) -> Rule:
    """m above 90, by host."""
    return replace(Rule("r", "r", (Condition("m", ABOVE, 90.0),), group_by=("host",)), **fields)


def test_a_tick_reads_only_what_is_new() -> None:
    world = JudgedWorld(rule())
    host = series(host="a")
    for place in range(10):
        world.drain((host, START + place * TICK, 95.0))
        world.evaluate.run(START + place * TICK, healthy=True)
    assert world.reads_of_everything == 1
    assert [each.alert.state for each in world.episodes.values()] == [State.FIRING]


def test_rules_that_share_their_data_are_told_apart() -> None:
    thresholds = [10.0, 50.0, 90.0, 200.0]
    rules = [
        replace(rule(), id=f"r{threshold:g}", conditions=(Condition("m", ABOVE, threshold),))
        for threshold in thresholds
    ]
    world = JudgedWorld(*rules)
    world.drain(*((series(host=host), START, value) for host, value in (("a", 60.0), ("b", 100.0))))
    world.evaluate.run(START, healthy=True)
    firing = {(each.rule_id, each.tags["host"]) for each in world.episodes.values()}
    assert firing == {("r10", "a"), ("r10", "b"), ("r50", "a"), ("r50", "b"), ("r90", "b")}


def test_what_happened_within_a_gap_is_written_but_changes_are_the_net_result() -> None:
    world = JudgedWorld(rule(conditions=(Condition("m", ABOVE, 90.0, aggregation="last"),)))
    host = series(host="a")
    world.evaluate.run(START, healthy=True)
    world.drain(*((host, START + second * 1000, 99.0 if second in (20, 30) else 1.0) for second in range(0, 70, 10)))
    done = world.evaluate.run(START + 60_000, healthy=True)
    assert (done.instants, done.changes) == (6, 1)
    assert [each.target for each in world.transitions] == [State.PENDING, State.FIRING, State.RESOLVED]
    assert [(each.at - START) // 1000 for each in world.transitions] == [20, 20, 40]


@pytest.mark.parametrize("is_healthy", [True, False])
def test_silence_is_doubted_for_as_long_as_the_drain_is_behind(is_healthy: bool) -> None:
    world = JudgedWorld(rule(no_data=NoData.ALERT))
    host = series(host="a")
    world.drain((host, START, 1.0))
    for place in range(30):
        world.evaluate.run(START + place * TICK, healthy=is_healthy or place < 5)
    assert bool(world.episodes) is is_healthy


@pytest.mark.parametrize(("interval", "doubted"), [(10, 90), (60, 120), (300, 600)])
def test_after_an_outage_of_ours_silence_is_doubted_for_two_intervals_of_the_series(
    interval: int, doubted: int
) -> None:
    # given a series of that interval, and rules that nobody judged for an hour
    world = JudgedWorld(rule(no_data=NoData.ALERT))
    world.drain(*((series(host="a"), START - place * interval * 1000, 1.0) for place in range(4)))
    world.evaluate.run(START, healthy=True)
    back = START + 3_600_000

    # when it stays silent, then that is believed once it had the time to be heard twice
    for instant in range(back, back + 700_000, TICK):
        world.evaluate.run(instant, healthy=True)
    assert [(each.at - back) // 1000 for each in world.transitions if each.source is None] == [doubted]


def test_whoever_judged_meanwhile_had_seen_more_and_is_not_contradicted(monkeypatch: pytest.MonkeyPatch) -> None:
    world = JudgedWorld(rule(conditions=(Condition("m", ABOVE, 90.0, aggregation="last"),)))
    host = series(host="a")
    world.drain((host, START, 1.0))
    world.evaluate.run(START, healthy=True)
    other, begin = world.container(), world.begin

    def begin_late() -> EvaluationState:
        """Another container drains and judges between this one's look at the samples and its turn."""
        monkeypatch.setattr(world, "begin", begin)
        world.drain((host, START + TICK, 99.0))
        assert other.run(START + TICK, healthy=True).changes == 1
        return begin()

    monkeypatch.setattr(world, "begin", begin_late)
    assert world.evaluate.run(START + 2 * TICK, healthy=False).changes == 0
    assert [each.target for each in world.transitions] == [State.PENDING, State.FIRING]


def test_series_that_appear_later_join_their_rules() -> None:
    world = JudgedWorld(rule())
    world.drain((series(host="a"), START, 1.0))
    world.evaluate.run(START, healthy=True)
    world.drain((series(host="b"), START + TICK, 95.0))
    world.evaluate.run(START + TICK, healthy=True)
    assert [each.tags for each in world.episodes.values()] == [{"host": "b"}]


class Interrupted(JudgedWorld):
    """Loses the database before the first commit: nothing of that transaction stays."""

    is_lost = True

    def finish(self, instant: int, healthy_since: int, took_ms: float) -> None:
        if self.is_lost:
            self.is_lost = False
            self.noted.clear()
            raise Unavailable("PostgreSQL cannot be reached.")
        super().finish(instant, healthy_since, took_ms)


def test_why_a_rule_cannot_be_judged_is_written_again_when_the_first_time_was_rolled_back() -> None:
    world = Interrupted(Rule("r", "r", (Condition("m", ABOVE, 90.0),)))
    world.drain((series(unit="ms"), START, 1.0), (series(unit="percent"), START, 1.0))
    with pytest.raises(Unavailable):
        world.evaluate.run(START, healthy=True)

    done = world.evaluate.run(START + TICK, healthy=True)

    assert done.errors == 1
    assert "which do not convert" in str(world.noted["r"])


def test_an_error_that_another_container_wrote_down_ends_with_it() -> None:
    world = JudgedWorld(rule())
    world.drain((series(host="a"), START, 1.0))
    world.evaluate.run(START, healthy=True)
    world.last, world.noted = START + TICK, {"r": "It could not be judged."}  # by another

    world.evaluate.run(START + 2 * TICK, healthy=True)

    assert world.noted == {}


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (NoData.KEEP, "r on host=a: m is 99, above 90"),
        (NoData.ALERT, "r on host=a: m has sent no data for 1 min"),
    ],
)
def test_silence_is_what_is_the_matter_only_where_the_rule_says_so(policy: NoData, message: str) -> None:
    world = JudgedWorld(Rule("r", "r", (Condition("m", ABOVE, 90),), group_by=("host",), duration=0, no_data=policy))
    world.drain((series(host="a"), START, 99.0))
    world.evaluate.run(START, healthy=True)
    for tick in range(1, 13):
        world.drain((series(host="b"), START + tick * TICK, 1.0))
        world.evaluate.run(START + tick * TICK, healthy=True)

    (alert,) = world.episodes.values()
    assert (alert.alert.state, alert.message) == (State.FIRING, message)


def test_of_several_conditions_it_is_the_silent_one_that_is_told_of() -> None:
    conditions = (Condition("m", ABOVE, 90), Condition("n", ABOVE, 80))
    world = JudgedWorld(Rule("r", "r", conditions, match=Match.ANY, group_by=("host",), no_data=NoData.ALERT))
    world.drain((series("m", host="a"), START, 20.0), (series("n", host="a"), START, 20.0))
    world.evaluate.run(START, healthy=True)
    for tick in range(1, 13):
        world.drain((series("m", host="a"), START + tick * TICK, 20.0))
        world.evaluate.run(START + tick * TICK, healthy=True)

    (alert,) = world.episodes.values()
    assert (alert.metric_type, alert.value, alert.message) == ("n", None, "r on host=a: n has sent no data for 1 min")


@pytest.mark.parametrize(
    ("tags", "rate"),
    [
        ((), 25.0),
        ((("endpoint", "/a"),), 50.0),
        ((("endpoint", "/b"),), 0.0),  # it has never failed: no series says so
        ((("endpoint", "/nowhere"),), None),
        ((("endpont", "/a"),), None),  # nobody carries it: it chooses nothing, as anywhere else
        ((("method", "GET"),), 25.0),  # failures carry no method, requests no cause: neither can choose
        ((("cause", "timeout"),), 25.0),
    ],
)
def test_an_error_rate_is_chosen_by_the_tags_that_failures_and_requests_both_carry(
    tags: Selection, rate: float | None
) -> None:
    condition = Condition("error_rate", Operator.GREATER_THAN_OR_EQUAL, 0, tags=tags)
    world = JudgedWorld(Rule("r", "r", (condition,)))
    a, b = (series("response_time", kind=Kind.EVENT, unit="ms", endpoint=each, method="GET") for each in ("/a", "/b"))
    causes = ("timeout", "refused")
    failed = [series("error_rate", kind=Kind.EVENT, unit="count", endpoint="/a", cause=each) for each in causes]
    world.drain(*((each, START, 1.0) for each in (*[a, b] * 4, *failed)))
    world.evaluate.run(START, healthy=True)

    assert [each.value for each in world.episodes.values()] == ([] if rate is None else [rate])
