"""Backtest: what a rule would have done on a history, by the very code that judges live.

1. Each group's values become verdicts, all instants at once: one series of verdicts for when nothing fires, one for
   when something does (recovery thresholds).
2. The life of the alert is stepped through, but only where something can happen: where the verdict changes and at
   deadlines. Breaches that end before their duration can only come to nothing; they are counted without a step.
3. What would have been told follows from the transitions.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.alerts import Alert, State, Terms, Transition, next_deadline, step, terms_of
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.notifications import Reason
from chalicelib.domain.rules import NoData, Rule, Verdict
from chalicelib.domain.series import Kind
from chalicelib.domain.tellings import Tellings, count_tellings
from chalicelib.domain.verdicts import Readings, Verdicts, judge

Instants = NDArray[np.int64]
Places = NDArray[np.intp]
MAX_TRANSITIONS = 100_000  # two seconds' work; a rule that fires so often is no use to anybody
_VERDICTS = tuple(Verdict)


@dataclass(frozen=True, slots=True)
class GroupHistory:
    """One group's aggregated values, one array over all instants for each of the rule's conditions."""

    tags: tuple[tuple[str, str], ...]
    readings: Sequence[Readings]
    kind: Kind = Kind.SAMPLED


@dataclass(frozen=True, slots=True)
class GroupBacktest:
    """What became of one group: the transitions of all alerts that fired, and of one still pending at the end.

    `dropped`: how often it was pending and came to nothing. `firing_ms`: how long it fired within the history.
    `told`: what one channel would have heard, or not heard and why; and the flaps.
    """

    tags: tuple[tuple[str, str], ...]
    transitions: tuple[Transition, ...]
    dropped: int
    firing_ms: int
    told: Tellings = field(default_factory=Tellings)

    @property
    def firings(self) -> int:
        """How often it fired."""
        return sum(transition.target is State.FIRING for transition in self.transitions)

    @property
    def pages(self) -> int:
        """How often somebody would have been called: repeats and `resolved` left out."""
        return sum(self.told.reasons[reason] for reason in (Reason.FIRING, Reason.COOLDOWN_ENDED))


def backtest(
    rule: Rule, instants: Instants, groups: Iterable[GroupHistory], *, cooldown_period: int
) -> list[GroupBacktest]:
    """What the rule would have done with each group; groups may be made one at a time, only one is held.

    `instants` are the grid's, rising, in epoch ms. `cooldown_period` in seconds is for a rule that names none. Raises
    InvalidInput for a rule that does little but fire.
    """
    moments: list[int] = instants.tolist()
    cooldown = (cooldown_period if rule.cooldown_period is None else rule.cooldown_period) * 1000
    results = []
    left = MAX_TRANSITIONS
    for group in groups:
        terms = terms_of(rule, group.kind)
        calm = judge(rule, group.readings, firing=False)
        recovers = any(condition.recovery_threshold is not None for condition in rule.conditions)
        firing = judge(rule, group.readings, firing=True) if recovers else calm
        transitions, dropped = walk(terms, instants, calm, firing, most=left)
        left -= len(transitions)
        told = count_tellings(
            transitions, moments, cooldown_period=cooldown, repeat_interval=rule.repeat_interval * 1000
        )
        spent = _firing_time(transitions, moments[-1]) if moments else 0
        results.append(GroupBacktest(group.tags, tuple(transitions), dropped, spent, told))
    return results


def walk(
    terms: Terms, instants: Instants, calm: Verdicts, firing: Verdicts, *, most: int = MAX_TRANSITIONS
) -> tuple[list[Transition], int]:
    """The transitions of all alerts that fired (and of one that is pending at the end), and how many were dropped.

    The same as stepping at every instant with `calm[i]` or, while it fires, `firing[i]`. Relies on `firing` being
    breached wherever `calm` is: a recovery threshold lies on the clear side. Raises InvalidInput for more than `most`
    transitions.
    """
    if terms.no_data is NoData.ALERT:
        calm, firing = (np.where(each == Verdict.NO_DATA, np.int8(Verdict.BREACHED), each) for each in (calm, firing))
    worthy, hopeless = _breaches(terms, instants, calm)
    changes = {False: _changes(calm)}
    changes[True] = changes[False] if firing is calm else _changes(firing)
    transitions: list[Transition] = []
    dropped = 0
    place = 0
    alert: Alert | None = None
    while True:
        if alert is None or alert.state is State.RESOLVED:
            at = bisect_left(worthy, place)
            following = int(worthy[at]) if at < len(worthy) else len(instants)
            dropped += bisect_left(hopeless, following) - bisect_left(hopeless, place)
            place = following
        if place >= len(instants):
            return transitions, dropped
        now = int(instants[place])
        is_firing = alert is not None and alert.state is State.FIRING
        signal = _VERDICTS[(firing if is_firing else calm)[place]]
        alert, found = step(terms, alert, signal, now, new_id=str(now))
        transitions += found
        if len(transitions) > most:
            raise InvalidInput(
                f"duration: the rule would have come to fire more than {MAX_TRANSITIONS // 3} times; "
                "give it a longer duration, or test a shorter time.",
                field="duration",
            )
        if alert is None:
            dropped += 1
            # As if it had never been: only what fired, or still may, is part of the result.
            del transitions[-2:]
            place += 1
        elif alert.state is State.RESOLVED:
            place += 1
        else:
            place = _next_place(terms, instants, alert, signal, place, changes[alert.state is State.FIRING])


def _next_place(terms: Terms, instants: Instants, alert: Alert, signal: Verdict, place: int, changes: Places) -> int:
    """The next place where the verdict changes or a deadline has come."""
    at = bisect_right(changes, place)
    following = int(changes[at]) if at < len(changes) else len(instants)
    deadline = next_deadline(terms, alert, signal)
    if deadline is None:
        return following
    return min(following, bisect_left(instants, deadline, place + 1))


def _changes(verdicts: Verdicts) -> Places:
    """The places whose verdict is another than the one before."""
    return np.flatnonzero(verdicts[1:] != verdicts[:-1]) + 1


def _breaches(terms: Terms, instants: Instants, calm: Verdicts) -> tuple[Places, Places]:
    """Where breaches begin: those that may come to something, and those that are dropped before their duration."""
    if not len(calm):
        return np.empty(0, np.intp), np.empty(0, np.intp)
    starts = np.concatenate([np.zeros(1, np.intp), _changes(calm)])
    ends = np.append(starts[1:], len(calm))
    codes = calm[starts]
    following = np.append(codes[1:], np.int8(Verdict.UNKNOWN))
    drops = following == Verdict.CLEAR
    if terms.no_data is NoData.IGNORE:
        drops |= following == Verdict.NO_DATA
    breached = codes == Verdict.BREACHED
    too_short = instants[ends - 1] - instants[starts] < terms.duration
    hopeless = breached & drops & too_short
    return starts[breached & ~hopeless], starts[hopeless]


def _firing_time(transitions: Iterable[Transition], end: int) -> int:
    """How long it fired until `end`, in ms."""
    spent, since = 0, None
    for transition in transitions:
        if transition.target is State.FIRING:
            since = transition.at
        elif since is not None:
            spent, since = spent + transition.at - since, None
    return spent + (0 if since is None else end - since)
