"""The life of an alert, as tables: a letter an instant in, a letter an instant out.

In:  B breached, C clear, - no data, ? unknown, | a gap of ours before the next letter.
Out: . no alert, p pending, F firing, R resolved.
The grid is 10 seconds.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.alerts import (
    Alert,
    Ending,
    ResolvedReason,
    State,
    Terms,
    Transition,
    next_deadline,
    step,
    terms_of,
)
from chalicelib.domain.conditions import Condition, Operator
from chalicelib.domain.rule_edits import ending_of_edit
from chalicelib.domain.rule_form import amend_rule
from chalicelib.domain.rules import NoData, Rule, Verdict
from chalicelib.domain.series import Kind

TICK = 10_000
SIGNALS = {"B": Verdict.BREACHED, "C": Verdict.CLEAR, "-": Verdict.NO_DATA, "?": Verdict.UNKNOWN}
LETTERS = {None: ".", State.PENDING: "p", State.FIRING: "F", State.RESOLVED: "R"}
HOUR, DAY = 3_600_000, 86_400_000


def live(terms: Terms, verdicts: str, tick: int = TICK) -> tuple[str, Alert | None, list[Transition]]:
    """Step through verdicts from instant 0 on; the states as letters, the last alert, all transitions."""
    alert: Alert | None = None
    transitions: list[Transition] = []
    states, now, gap = "", 0, False
    for letter in verdicts:
        if letter == "|":
            gap, now = True, now + 600_000
            continue
        alert, found = step(terms, alert, SIGNALS[letter], now, new_id=f"a{now}", gap=gap)
        transitions += found
        states += LETTERS[alert.state if alert else None]
        gap, now = False, now + tick
    return states, alert, transitions


def terms(duration: int = 0, keep: int = 0, no_data: str = "keep") -> Terms:
    """Terms, in seconds."""
    return Terms(duration * 1000, keep * 1000, NoData(no_data))


@pytest.mark.parametrize(
    ("given_terms", "verdicts", "states"),
    [
        # from none
        (terms(), "CCC", "..."),
        (terms(), "B", "F"),
        (terms(30), "B", "p"),
        (terms(0, 0, "ignore"), "-", "."),
        (terms(0, 0, "alert"), "-", "F"),
        (terms(0, 0, "keep"), "-", "."),
        (terms(), "?", "."),
        # from pending
        (terms(30), "BBBB", "pppF"),
        (terms(30), "BBBC", "ppp."),
        (terms(25), "BBBB", "pppF"),  # judged on the grid: the first instant at or after the 25th second
        (terms(30), "BBCBBBB", "pp.pppF"),
        (terms(30, 0, "ignore"), "BB-B", "pp.p"),
        (terms(30, 0, "alert"), "BB-B", "pppF"),
        (terms(30, 0, "alert"), "----", "pppF"),
        (terms(30, 0, "keep"), "BB-BB", "ppppF"),
        (terms(30, 0, "keep"), "BB--BBB", "pppppFF"),
        (terms(30, 0, "keep"), "BB-C", "ppp."),
        (terms(30), "BB?BB", "ppppF"),
        (terms(30), "BB??BBB", "pppppFF"),
        # from firing
        (terms(), "BBB", "FFF"),
        (terms(), "BC", "FR"),
        (terms(0, 20), "BCCC", "FFFR"),
        (terms(0, 20), "BCCBCCC", "FFFFFFR"),
        (terms(0, 0, "ignore"), "B-", "FR"),
        (terms(0, 20, "ignore"), "B---", "FFFR"),
        (terms(0, 20, "ignore"), "BC--", "FFFR"),
        (terms(0, 20, "ignore"), "B--BCCC", "FFFFFFR"),
        (terms(0, 0, "alert"), "B---C", "FFFFR"),
        (terms(0, 20, "alert"), "BCC-CCC", "FFFFFFR"),
        (terms(0, 0, "keep"), "B-----", "FFFFFF"),
        (terms(0, 0, "keep"), "B--C", "FFFR"),
        (terms(0, 20, "keep"), "BCC--C", "FFFFFR"),
        (terms(0, 20, "keep"), "BCC---C", "FFFFFFR"),
        (terms(0, 20), "BCC??CC", "FFFFFRR"),
        (terms(), "B???", "FFFF"),
        # from resolved
        (terms(), "BCC", "FRR"),
        (terms(), "BCB", "FRF"),
        (terms(20), "BBBCB", "ppFRp"),
        (terms(0, 0, "ignore"), "BC-", "FRR"),
        (terms(0, 0, "alert"), "BC-", "FRF"),
        (terms(0, 0, "keep"), "BC-", "FRR"),
        # after a gap
        (terms(20), "BB|BBB", "ppppF"),
        (terms(20), "BB|C", "pp."),
        (terms(20), "BB|?BBB", "pppppF"),
        (terms(20), "B|B", "pp"),
        (terms(), "B|B", "FF"),
        (terms(), "B|?", "FF"),
        (terms(), "B|C", "FR"),
        (terms(0, 20), "BC|CCC", "FFFFR"),
    ],
    ids=str,
)
def test_every_cell_of_the_table(given_terms: Terms, verdicts: str, states: str) -> None:
    assert live(given_terms, verdicts)[0] == states


@pytest.mark.parametrize(
    ("given_terms", "verdicts", "reason"),
    [
        (terms(), "BC", ResolvedReason.RECOVERED),
        (terms(0, 20), "BCCC", ResolvedReason.RECOVERED),
        (terms(0, 20, "keep"), "BCC-CC", ResolvedReason.RECOVERED),
        (terms(0, 0, "ignore"), "B-", ResolvedReason.SERIES_GONE),
        (terms(0, 20, "ignore"), "B---", ResolvedReason.SERIES_GONE),
        (terms(0, 20, "ignore"), "BC--", ResolvedReason.RECOVERED),
        (terms(0, 20, "ignore"), "B--C", ResolvedReason.RECOVERED),
        (terms(0, 20, "ignore"), "BCB---", ResolvedReason.SERIES_GONE),
    ],
    ids=str,
)
def test_recovered_is_only_said_of_what_was_seen_clear(
    given_terms: Terms, verdicts: str, reason: ResolvedReason
) -> None:
    _, alert, transitions = live(given_terms, verdicts)
    assert alert
    assert alert.resolved_reason is reason
    assert transitions[-1].reason is reason


@pytest.mark.parametrize(
    ("given_terms", "silent_ms"),
    [(terms(0, 7200, "ignore"), HOUR), (terms(0, 0, "keep"), DAY), (terms(0, 172_800, "keep"), DAY)],
    ids=str,
)
def test_a_group_that_stays_silent_is_gone(given_terms: Terms, silent_ms: int) -> None:
    alert, _ = step(given_terms, None, Verdict.BREACHED, 0, new_id="a")
    alert, _ = step(given_terms, alert, Verdict.NO_DATA, TICK, new_id="b")

    alert, before = step(given_terms, alert, Verdict.NO_DATA, TICK + silent_ms - 1, new_id="b")
    alert, after = step(given_terms, alert, Verdict.NO_DATA, TICK + silent_ms, new_id="b")

    assert not before
    assert after == (Transition(TICK + silent_ms, "a", State.FIRING, State.RESOLVED, ResolvedReason.SERIES_GONE),)


def test_a_pending_alert_of_a_group_that_stays_silent_is_dropped() -> None:
    alert, _ = step(terms(60), None, Verdict.BREACHED, 0, new_id="a")
    alert, _ = step(terms(60), alert, Verdict.NO_DATA, TICK, new_id="b")
    alert, transitions = step(terms(60), alert, Verdict.NO_DATA, TICK + DAY, new_id="b")
    assert alert is None
    assert transitions == (Transition(TICK + DAY, "a", State.PENDING, None),)


def test_silence_that_is_itself_the_alert_lasts_for_ever() -> None:
    alert, _ = step(terms(0, 0, "alert"), None, Verdict.NO_DATA, 0, new_id="a")
    alert, transitions = step(terms(0, 0, "alert"), alert, Verdict.NO_DATA, 30 * DAY, new_id="b")
    assert alert
    assert (alert.state, transitions) == (State.FIRING, ())


def test_time_in_which_the_service_was_blind_counts_towards_no_silence() -> None:
    alert, _ = step(terms(), None, Verdict.BREACHED, 0, new_id="a")
    alert, _ = step(terms(), alert, Verdict.NO_DATA, TICK, new_id="b")
    alert, _ = step(terms(), alert, Verdict.UNKNOWN, DAY, new_id="b", gap=True)
    alert, transitions = step(terms(), alert, Verdict.NO_DATA, 2 * DAY - 1, new_id="b")
    assert not transitions
    alert, transitions = step(terms(), alert, Verdict.NO_DATA, 2 * DAY, new_id="b")
    assert [each.reason for each in transitions] == [ResolvedReason.SERIES_GONE]


ENDINGS = [
    (Ending.MANUAL, ResolvedReason.MANUAL, State.RESOLVED),
    (Ending.RULE_CHANGED, ResolvedReason.RULE_CHANGED, None),
    (Ending.RULE_DISABLED, ResolvedReason.RULE_DISABLED, None),
    (Ending.RULE_DELETED, ResolvedReason.RULE_DELETED, None),
    (Ending.FORGOTTEN, ResolvedReason.SERIES_GONE, None),
]


@pytest.mark.parametrize(("ending", "reason", "pending_becomes"), ENDINGS)
def test_somebody_may_end_an_alert(ending: Ending, reason: ResolvedReason, pending_becomes: State | None) -> None:
    _, firing, _ = live(terms(), "B")
    _, pending, _ = live(terms(60), "B")
    _, resolved, _ = live(terms(), "BC")

    ended, transitions = step(terms(), firing, ending, TICK, new_id="x")
    assert transitions == (Transition(TICK, "a0", State.FIRING, State.RESOLVED, reason),)
    assert ended
    assert (ended.state, ended.resolved_at, ended.resolved_reason) == (State.RESOLVED, TICK, reason)

    dropped, transitions = step(terms(60), pending, ending, TICK, new_id="x")
    assert transitions[0].target is pending_becomes
    assert (dropped is None) == (pending_becomes is None)

    assert step(terms(), resolved, ending, 2 * TICK, new_id="x") == (resolved, ())
    assert step(terms(), None, ending, TICK, new_id="x") == (None, ())


def test_what_is_ended_by_hand_and_still_breached_begins_anew_as_pending() -> None:
    alert, _ = step(terms(), None, Verdict.BREACHED, 0, new_id="first")
    alert, _ = step(terms(), alert, Ending.MANUAL, 5, new_id="-")
    alert, transitions = step(terms(30), alert, Verdict.BREACHED, TICK, new_id="second")
    assert alert == Alert("second", State.PENDING, TICK)
    assert transitions == (Transition(TICK, "second", None, State.PENDING),)


def test_an_edited_duration_is_judged_anew_without_a_reset() -> None:
    alert, _ = step(terms(300), None, Verdict.BREACHED, 0, new_id="a")
    alert, transitions = step(terms(60), alert, Verdict.BREACHED, 60_000, new_id="b")
    assert [each.target for each in transitions] == [State.FIRING]


def test_the_instants_say_when_what_happened() -> None:
    _, alert, transitions = live(terms(20, 10), "BBBBCC")
    assert alert == Alert("a0", State.RESOLVED, 0, 20_000, 40_000, None, 50_000, ResolvedReason.RECOVERED)
    assert transitions == [
        Transition(0, "a0", None, State.PENDING),
        Transition(20_000, "a0", State.PENDING, State.FIRING),
        Transition(50_000, "a0", State.FIRING, State.RESOLVED, ResolvedReason.RECOVERED),
    ]


def test_a_rules_terms_depend_on_the_kind_of_its_series() -> None:
    rule = Rule("r", "r", (Condition("m", Operator.EQUAL, 1),), duration=5, keep_firing_for=7)
    assert terms_of(rule, Kind.SAMPLED) == Terms(5000, 7000, NoData.KEEP)
    assert terms_of(rule, Kind.EVENT) == Terms(5000, 7000, NoData.IGNORE)


def test_an_edit_ends_alerts_only_if_something_else_is_judged_or_nothing() -> None:
    rule = Rule("r", "r", (Condition("m", Operator.GREATER_THAN, 1),))
    assert ending_of_edit(rule, amend_rule(rule, {"threshold": 5, "duration": 5, "name": "s"})) is None
    assert ending_of_edit(rule, amend_rule(rule, {"groupBy": ["host"]})) is Ending.RULE_CHANGED
    assert ending_of_edit(rule, amend_rule(rule, {"enabled": False, "groupBy": ["host"]})) is Ending.RULE_DISABLED
    disabled = amend_rule(rule, {"enabled": False})
    assert ending_of_edit(disabled, rule) is None


VERDICTS = st.text("BC-?|", max_size=60)
TERMS = st.builds(terms, st.sampled_from([0, 10, 30, 45]), st.sampled_from([0, 10, 35]), st.sampled_from(NoData))


@given(TERMS, VERDICTS)
def test_an_alert_never_fires_before_its_duration(given_terms: Terms, verdicts: str) -> None:
    _, _, transitions = live(given_terms, verdicts)
    begun = {each.alert_id: each.at for each in transitions if each.target is State.PENDING}
    for each in transitions:
        if each.target is State.FIRING:
            assert each.at - begun[each.alert_id] >= given_terms.duration


@given(TERMS, VERDICTS)
def test_it_fires_only_while_it_is_breached(given_terms: Terms, verdicts: str) -> None:
    states, _, _ = live(given_terms, verdicts)
    letters = verdicts.replace("|", "")
    breaching = "B-" if given_terms.no_data is NoData.ALERT else "B"
    for place, state in enumerate(states):
        if state == "F" and (place == 0 or states[place - 1] != "F"):
            assert letters[place] in breaching


@given(TERMS, VERDICTS)
def test_every_firing_is_resolved_at_most_once_and_before_the_next(given_terms: Terms, verdicts: str) -> None:
    _, alert, transitions = live(given_terms, verdicts)
    ways: dict[str, list[State | None]] = {}
    for each in transitions:
        ways.setdefault(each.alert_id, [None]).append(each.target)
        assert ways[each.alert_id][-2] is each.source
    last = alert.id if alert else None
    for alert_id, way in ways.items():
        whole = [None, State.PENDING, State.FIRING, State.RESOLVED]
        assert way in (whole, [None, State.PENDING, None]) or (alert_id == last and way == whole[: len(way)])


@given(TERMS, VERDICTS)
def test_the_same_verdicts_make_the_same_life_and_a_tick_delivered_twice_changes_nothing(
    given_terms: Terms, verdicts: str
) -> None:
    assert live(given_terms, verdicts) == live(given_terms, verdicts)
    letters = verdicts.replace("|", "")
    alert: Alert | None = None
    for place, letter in enumerate(letters):
        now = place * TICK
        alert, _ = step(given_terms, alert, SIGNALS[letter], now, new_id=str(now))
        assert step(given_terms, alert, SIGNALS[letter], now, new_id="other") == (alert, ())


@given(TERMS, VERDICTS, st.sampled_from("BC-?"))
def test_nothing_happens_before_the_deadline_and_something_at_it(
    given_terms: Terms, verdicts: str, letter: str
) -> None:
    _, alert, _ = live(given_terms, verdicts.replace("|", "") + letter)
    now = (len(verdicts.replace("|", ""))) * TICK
    signal = SIGNALS[letter]
    deadline = next_deadline(given_terms, alert, signal)
    for at in (now + TICK, now + HOUR, now + DAY) if deadline is None else (deadline - 1,):
        if at > now and not (alert is None and signal is not Verdict.CLEAR):
            assert step(given_terms, alert, signal, at, new_id="x")[1] == ()
    if deadline is not None:
        assert deadline > now
        assert step(given_terms, alert, signal, deadline, new_id="x")[1] != ()
