"""Whether a channel is told: each reason, and what holds over whole episodes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.alerts import Alert, ResolvedReason, State
from chalicelib.domain.cooldowns import Cooldown, after_decision
from chalicelib.domain.notifications import Decision, Facts, Mute, Reason, next_decision_at, plan

PENDING = Alert("a", State.PENDING, 0)
FIRING = Alert("a", State.FIRING, 0, 0)
RESOLVED = Alert("a", State.RESOLVED, 0, 0, resolved_at=9, resolved_reason=ResolvedReason.RECOVERED)
NEVER_FIRED = Alert("a", State.RESOLVED, 0, None, resolved_at=9, resolved_reason=ResolvedReason.MANUAL)
SILENCE = Mute(Reason.SILENCED, "s1")
WINDOW = Mute(Reason.MAINTENANCE, "w1")
NOW = 1_000_000
TOLD = Facts(told=True, last_reason=Reason.FIRING, decided_at=NOW - 100, repeat_interval=1000)
DUE = replace(TOLD, repeat_interval=100)
ESCALATES = Facts(escalates=True, escalation_at=NOW)
P, F, R = State.PENDING, State.FIRING, State.RESOLVED


def facts(**more: Any) -> Facts:
    """Facts about a channel that was not told yet."""
    return Facts(**more)


@pytest.mark.parametrize(
    ("before", "after", "known", "reason"),
    [
        # pending
        (None, PENDING, facts(), Reason.PENDING),
        (P, PENDING, facts(), None),
        (P, None, facts(), Reason.PENDING),
        (None, None, facts(), None),
        (P, NEVER_FIRED, facts(last_reason=Reason.PENDING), Reason.PENDING),
        # comes to fire
        (P, FIRING, facts(last_reason=Reason.PENDING), Reason.FIRING),
        (None, FIRING, facts(), Reason.FIRING),
        (P, FIRING, facts(enabled=False), Reason.CHANNEL_DISABLED),
        (P, FIRING, facts(mute=SILENCE), Reason.SILENCED),
        (P, FIRING, facts(mute=WINDOW), Reason.MAINTENANCE),
        (P, FIRING, facts(cooldown_until=NOW + 1), Reason.COOLDOWN),
        (P, FIRING, facts(cooldown_until=NOW), Reason.FIRING),
        (P, FIRING, facts(rate_limited=True), Reason.RATE_LIMITED),
        (P, FIRING, facts(acknowledged=True), Reason.FIRING),
        (P, FIRING, facts(enabled=False, mute=SILENCE, cooldown_until=NOW + 1), Reason.CHANNEL_DISABLED),
        (P, FIRING, facts(mute=SILENCE, cooldown_until=NOW + 1), Reason.SILENCED),
        # fires on, not told
        (F, FIRING, facts(last_reason=Reason.SILENCED, mute=SILENCE), None),
        (F, FIRING, facts(last_reason=Reason.SILENCED), Reason.SILENCE_ENDED),
        (F, FIRING, facts(last_reason=Reason.MAINTENANCE), Reason.SILENCE_ENDED),
        (F, FIRING, facts(last_reason=Reason.SILENCED, mute=WINDOW), Reason.MAINTENANCE),
        (F, FIRING, facts(last_reason=Reason.SILENCED, cooldown_until=NOW + 1), Reason.COOLDOWN),
        (F, FIRING, facts(last_reason=Reason.SILENCED, acknowledged=True), Reason.SILENCE_ENDED),
        (F, FIRING, facts(last_reason=Reason.COOLDOWN, cooldown_until=NOW + 1), None),
        (F, FIRING, facts(last_reason=Reason.COOLDOWN, cooldown_until=NOW), Reason.COOLDOWN_ENDED),
        (F, FIRING, facts(last_reason=Reason.COOLDOWN, cooldown_until=NOW, mute=SILENCE), Reason.SILENCED),
        (F, FIRING, facts(last_reason=Reason.CHANNEL_DISABLED), Reason.FIRING),
        (F, FIRING, facts(last_reason=Reason.CHANNEL_DISABLED, enabled=False), None),
        (F, FIRING, facts(last_reason=Reason.RATE_LIMITED), Reason.FIRING),
        (F, FIRING, facts(last_reason=Reason.RATE_LIMITED, rate_limited=True), None),
        (F, FIRING, facts(), Reason.FIRING),  # a recipient was added to the rule
        # fires on, told
        (F, FIRING, TOLD, None),
        (F, FIRING, DUE, Reason.REPEAT),
        (F, FIRING, replace(DUE, repeat_interval=0), None),
        (F, FIRING, replace(DUE, acknowledged=True), Reason.ACKNOWLEDGED),
        (F, FIRING, replace(DUE, mute=SILENCE), Reason.SILENCED),
        (F, FIRING, replace(DUE, mute=WINDOW), Reason.MAINTENANCE),
        (F, FIRING, replace(DUE, enabled=False), Reason.CHANNEL_DISABLED),
        (F, FIRING, replace(DUE, rate_limited=True), Reason.RATE_LIMITED),
        (F, FIRING, replace(DUE, cooldown_until=NOW + 1), Reason.REPEAT),
        (F, FIRING, replace(TOLD, ended_mute=SILENCE), Reason.SILENCE_ENDED),
        (F, FIRING, replace(TOLD, ended_mute=SILENCE, mute=WINDOW), None),
        (F, FIRING, replace(TOLD, ended_mute=SILENCE, acknowledged=True), Reason.ACKNOWLEDGED),
        (F, FIRING, replace(TOLD, mute=SILENCE), None),
        # escalation
        (P, FIRING, facts(escalates=True), None),
        (F, FIRING, facts(escalates=True, escalation_at=NOW + 1), None),
        (F, FIRING, ESCALATES, Reason.ESCALATION),
        (F, FIRING, replace(ESCALATES, acknowledged=True), Reason.ACKNOWLEDGED),
        (F, FIRING, replace(ESCALATES, acknowledged=True, last_reason=Reason.ACKNOWLEDGED), None),
        (F, FIRING, replace(ESCALATES, last_reason=Reason.ACKNOWLEDGED), Reason.ESCALATION),  # it expired
        (F, FIRING, replace(ESCALATES, mute=SILENCE), Reason.SILENCED),
        (F, FIRING, replace(ESCALATES, last_reason=Reason.SILENCED), Reason.ESCALATION),
        (F, RESOLVED, facts(escalates=True), None),
        (F, RESOLVED, replace(ESCALATES, last_reason=Reason.ACKNOWLEDGED), Reason.ACKNOWLEDGED),
        (F, RESOLVED, replace(ESCALATES, told=True, last_reason=Reason.ESCALATION), Reason.RESOLVED),
        (None, PENDING, facts(escalates=True), None),
        # comes to be resolved
        (F, RESOLVED, TOLD, Reason.RESOLVED),
        (F, RESOLVED, replace(TOLD, acknowledged=True), Reason.RESOLVED),
        (F, RESOLVED, replace(TOLD, cooldown_until=NOW + 1), Reason.RESOLVED),
        (F, RESOLVED, replace(TOLD, failed=True), Reason.SUPERSEDED),
        (F, RESOLVED, replace(TOLD, mute=SILENCE), Reason.SILENCED),
        (F, RESOLVED, replace(TOLD, mute=WINDOW), Reason.MAINTENANCE),
        (F, RESOLVED, replace(TOLD, rate_limited=True), Reason.RATE_LIMITED),
        (F, RESOLVED, replace(TOLD, enabled=False), Reason.CHANNEL_DISABLED),
        (F, RESOLVED, facts(last_reason=Reason.COOLDOWN), Reason.COOLDOWN),
        (F, RESOLVED, facts(last_reason=Reason.SILENCED), Reason.SILENCED),
        (P, RESOLVED, facts(last_reason=Reason.PENDING), Reason.SUPERSEDED),
        (None, RESOLVED, facts(), Reason.SUPERSEDED),
        # stays resolved
        (R, RESOLVED, replace(TOLD, last_reason=Reason.RESOLVED), None),
        (R, RESOLVED, replace(TOLD, last_reason=Reason.SILENCED, mute=SILENCE), None),
        (R, RESOLVED, replace(TOLD, last_reason=Reason.SILENCED), Reason.RESOLVED),
        (R, RESOLVED, replace(TOLD, last_reason=Reason.RATE_LIMITED), Reason.RESOLVED),
        (R, RESOLVED, replace(TOLD, last_reason=Reason.SUPERSEDED, failed=True), None),
        (R, RESOLVED, facts(last_reason=Reason.SILENCED), None),
    ],
)
def test_a_channel_is_told_or_not_for_a_reason(
    before: State | None, after: Alert | None, known: Facts, reason: Reason | None
) -> None:
    decision = plan(before, after, known, NOW)
    assert (decision.reason if decision else None) == reason


def test_a_decision_names_the_silence_and_counts_the_flaps() -> None:
    assert plan(P, FIRING, facts(mute=SILENCE), NOW) == Decision(Reason.SILENCED, "s1")
    assert plan(F, FIRING, replace(TOLD, ended_mute=SILENCE), NOW) == Decision(Reason.SILENCE_ENDED, "s1")
    assert plan(P, FIRING, facts(cooldown_until=NOW + 1, flaps=3), NOW) == Decision(Reason.COOLDOWN, flaps=3)
    ended = facts(last_reason=Reason.COOLDOWN, cooldown_until=NOW, flaps=3)
    assert plan(F, FIRING, ended, NOW) == Decision(Reason.COOLDOWN_ENDED, flaps=3)


def test_only_these_reasons_send() -> None:
    sent = {str(reason) for reason in Reason if reason.is_sent}
    assert sent == {"firing", "repeat", "resolved", "escalation", "silence_ended", "cooldown_ended", "test"}


def test_cooldown_holds_back_other_episodes_and_counts_each_once() -> None:
    told = after_decision(None, "a", Decision(Reason.FIRING), 0, 1000)
    assert told == Cooldown(1000, "a")
    assert after_decision(told, "a", Decision(Reason.FIRING), 5, 1000) == told  # another channel, the same telling
    assert told.against("a") is None
    assert told.against("b") == 1000

    held = after_decision(told, "b", Decision(Reason.COOLDOWN), 10, 1000)
    held = after_decision(held, "b", Decision(Reason.COOLDOWN), 10, 1000)
    assert held
    assert (held.flaps, held.flaps_with("b"), held.flaps_with("c")) == (1, 1, 2)
    assert after_decision(held, "b", Decision(Reason.RESOLVED), 20, 1000) == held
    assert after_decision(held, "c", Decision(Reason.COOLDOWN_ENDED), 1000, 1000) == Cooldown(2000, "c")


@st.composite
def episodes(draw: st.DrawFn) -> list[tuple[Alert, Facts]]:
    """One episode from firing to resolved and a while beyond, with what comes and goes around it."""
    fires, stays = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    mutes = st.sampled_from([None, None, SILENCE, WINDOW])
    changing = st.builds(Facts, mute=mutes, acknowledged=st.booleans(), rate_limited=st.booleans())
    return [(alert, draw(changing)) for alert in [FIRING] * fires + [RESOLVED] * stays]


@given(episodes(), st.booleans(), st.none() | st.integers(0, 60), st.sampled_from([0, 10, 25]))
def test_whoever_was_told_hears_resolved_exactly_once_and_nobody_else(
    ticks: list[tuple[Alert, Facts]], enabled: bool, cooldown: int | None, repeat: int
) -> None:
    before: State | None = P
    told, last, decided, sent = False, None, None, []
    for place, (alert, around) in enumerate([*ticks, (RESOLVED, Facts()), (RESOLVED, Facts())]):
        known = replace(
            around,
            told=told,
            last_reason=last,
            decided_at=decided,
            enabled=enabled,
            cooldown_until=cooldown,
            repeat_interval=repeat,
        )
        decision = plan(before, alert, known, place * 10)
        if before is not alert.state:
            assert decision is not None, "every transition has a reason"
        if decision:
            last, decided = decision.reason, place * 10
            if decision.reason.is_sent:
                sent.append(decision.reason)
                told = True
        before = alert.state
    assert sent.count(Reason.RESOLVED) == (1 if sent else 0)
    assert not sent or (sent[-1] is Reason.RESOLVED and len(sent) > 1)
    assert sent[:1] != [Reason.REPEAT]


@pytest.mark.parametrize(
    ("after", "known", "at"),
    [
        (None, facts(), None),
        (PENDING, facts(), None),
        (RESOLVED, TOLD, None),
        (FIRING, TOLD, NOW + 900),
        (FIRING, replace(TOLD, repeat_interval=0), None),
        (FIRING, facts(last_reason=Reason.COOLDOWN, cooldown_until=NOW + 5), NOW + 5),
        (FIRING, facts(last_reason=Reason.SILENCED, cooldown_until=NOW + 5), None),
        (FIRING, facts(escalates=True, escalation_at=NOW + 7), NOW + 7),
        (FIRING, facts(escalates=True), None),
    ],
)
def test_the_next_decision_is_known_beforehand(after: Alert | None, known: Facts, at: int | None) -> None:
    assert next_decision_at(after, known) == at
    if at is not None:
        assert plan(F, after, known, at - 1) is None
        assert plan(F, after, known, at) is not None
