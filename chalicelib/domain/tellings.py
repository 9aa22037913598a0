"""What one channel would have been told over the history of one rule and group, nobody acknowledging or silencing."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.domain.alerts import Alert, State, Transition
from chalicelib.domain.cooldowns import Cooldown, after_decision
from chalicelib.domain.notifications import Facts, Reason, next_decision_at, plan


@dataclass(frozen=True, slots=True)
class Tellings:
    """How often the channel was told, or was not, for which reason; and how many firings a cooldown held back."""

    reasons: Counter[Reason] = field(default_factory=Counter)
    flaps: int = 0


def count_tellings(
    transitions: Iterable[Transition], instants: Sequence[int], *, cooldown_period: int, repeat_interval: int
) -> Tellings:
    """How often the channel hears what, and how often it does not and why, decided on the grid of `instants`.

    `transitions` in the order of time, those of firing and resolving at least. Periods and instants in ms.
    """
    reasons: Counter[Reason] = Counter()
    flaps = 0
    cooldown: Cooldown | None = None
    alert: Alert | None = None
    facts = Facts()

    def decide(before: State, after: Alert, now: int) -> None:
        nonlocal cooldown, facts, flaps
        decision = plan(before, after, facts, now)
        if decision is None:
            return
        reasons[decision.reason] += 1
        flaps += before is State.PENDING and decision.reason is Reason.COOLDOWN
        cooldown = after_decision(cooldown, after.id, decision, now, cooldown_period)
        told = facts.told or decision.reason.is_sent
        facts = replace(facts, told=told, last_reason=decision.reason, decided_at=now)

    def let_time_pass(firing: Alert, until: int | None) -> None:
        while (due := next_decision_at(firing, facts)) is not None:
            place = bisect_left(instants, due)
            if place == len(instants) or (until is not None and instants[place] >= until):
                return
            decide(State.FIRING, firing, instants[place])

    for transition in transitions:
        if transition.target is State.FIRING:
            alert = Alert(transition.alert_id, State.FIRING, transition.at, transition.at)
            facts = Facts(repeat_interval=repeat_interval)
            if cooldown is not None:
                held, so_far = cooldown.against(alert.id), cooldown.flaps_with(alert.id)
                facts = replace(facts, cooldown_until=held, flaps=so_far)
            decide(State.PENDING, alert, transition.at)
        elif transition.target is State.RESOLVED and alert is not None:
            let_time_pass(alert, transition.at)
            resolved = replace(alert, state=State.RESOLVED, resolved_at=transition.at)
            decide(State.FIRING, resolved, transition.at)
            alert = None
    if alert is not None:
        let_time_pass(alert, None)
    return Tellings(reasons, flaps)
