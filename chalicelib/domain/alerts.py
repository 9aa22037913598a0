"""The life of an alert: one pure step from one verdict to the next, for live evaluation, backtests and rule tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain.rules import NoData, Rule, Verdict
from chalicelib.domain.series import Kind

GONE_AFTER_MS = {NoData.IGNORE: 3_600_000, NoData.KEEP: 86_400_000}


class State(StrEnum):
    """Where an alert stands. Acknowledged, silenced and the like are facts beside the state, never states."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


class Ending(StrEnum):
    """What ends an alert whatever the verdict: somebody's doing."""

    MANUAL = "manual"
    RULE_CHANGED = "rule_changed"
    RULE_DISABLED = "rule_disabled"
    RULE_DELETED = "rule_deleted"
    FORGOTTEN = "forgotten"


class ResolvedReason(StrEnum):
    """Why an alert is resolved. Only `recovered` says that things are well again."""

    RECOVERED = "recovered"
    SERIES_GONE = "series_gone"
    MANUAL = "manual"
    RULE_CHANGED = "rule_changed"
    RULE_DISABLED = "rule_disabled"
    RULE_DELETED = "rule_deleted"


@dataclass(frozen=True, slots=True)
class Terms:
    """What of a rule the steps need; in milliseconds."""

    duration: int
    keep_firing_for: int
    no_data: NoData

    @property
    def gone_after(self) -> int | None:
        """How long a group may be silent before its alert ends; None = for ever: silence is what it is about."""
        return GONE_AFTER_MS.get(self.no_data)


@dataclass(frozen=True, slots=True)
class Alert:
    """One episode of one rule on one group. All instants in epoch ms.

    `pending_since` and `recovering_since` are the starts of clocks: while the clocks stand still they move forward by
    the time that does not count. `silent_since` is the first instant of the no data that still lasts.
    """

    id: str
    state: State
    pending_since: int
    fired_at: int | None = None
    recovering_since: int | None = None
    silent_since: int | None = None
    resolved_at: int | None = None
    resolved_reason: ResolvedReason | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """An alert came to another state; `target` None = a pending one was dropped, as if it had never been."""

    at: int
    alert_id: str
    source: State | None
    target: State | None
    reason: ResolvedReason | None = None


Stepped = tuple[Alert | None, tuple[Transition, ...]]


def terms_of(rule: Rule, kind: Kind) -> Terms:
    """A rule's terms for series of this kind."""
    return Terms(rule.duration * 1000, rule.keep_firing_for * 1000, rule.policy(kind))


def step(
    terms: Terms, alert: Alert | None, signal: Verdict | Ending, now: int, *, new_id: str, gap: bool = False
) -> Stepped:
    """The alert after a signal at the instant `now`, and the transitions on the way there.

    | from            | breached                          | clear                             | no data               |
    |-----------------|-----------------------------------|-----------------------------------|-----------------------|
    | none, resolved  | pending as `new_id`;              | -                                 | ignore: as clear      |
    |                 | firing at once if duration is 0   |                                   | alert: as breached    |
    |                 |                                   |                                   | keep: -               |
    | pending         | firing when                       | dropped                           | the same;             |
    |                 | now - pending_since >= duration   |                                   | keep: the clock       |
    |                 |                                   |                                   | stands still          |
    | firing          | firing; recovery begins anew      | resolved (recovered) when         | the same, but never   |
    |                 |                                   | now - recovering_since            | `recovered` if it was |
    |                 |                                   | >= keep_firing_for                | never seen clear;     |
    |                 |                                   |                                   | keep: clock stands    |

    - A silence of an hour under `ignore`, of 24 hours under `keep`, ends the alert as `series_gone` (a pending one is
      dropped). Under `ignore` an alert that ends while it has only been seen silent since its last breach ends as
      `series_gone` too, whenever that is: nothing says that it recovered.
    - UNKNOWN: nothing happens, the clocks stand still, and its time counts towards no silence.
    - `gap`: this is the first instant after one of our own outages. The clocks begin anew at `now`; firing stays.
    - An Ending drops a pending alert and resolves a firing one with its reason; ended by hand, a pending alert is
      resolved and kept, because somebody acted on it. If it is still breached, the next verdict begins a new alert.
    - Nothing ever happens to a resolved alert; a new one takes its place.
    """
    live = None if alert is None or alert.state is State.RESOLVED else alert
    if isinstance(signal, Ending):
        return (alert, ()) if live is None else _end(live, signal, now)
    breached = signal is Verdict.BREACHED or (signal is Verdict.NO_DATA and terms.no_data is NoData.ALERT)
    if live is None:
        return _begin(terms, new_id, now) if breached else (alert, ())
    running = _restart_clocks(live, now) if gap else live
    if signal is Verdict.UNKNOWN:
        return replace(_move_clocks(running, now), silent_since=now), ()
    if signal is Verdict.NO_DATA and terms.no_data is NoData.KEEP:
        return _stand_still(terms, running, now)
    # Under `ignore` the clocks ran on through the silence of a firing alert.
    if terms.no_data is not NoData.IGNORE or running.state is State.PENDING:
        running = _move_clocks(running, now)
    if running.state is State.PENDING:
        return _step_pending(terms, running, now, breached=breached)
    return _step_firing(terms, running, now, breached=breached, silent=signal is Verdict.NO_DATA)


def next_deadline(terms: Terms, alert: Alert | None, signal: Verdict) -> int | None:
    """The earliest instant at which the same verdict again would do something; None = never.

    Valid for the alert that `step` returned for that verdict: between that step and the deadline nothing happens.
    """
    if alert is None or alert.state is State.RESOLVED or signal is Verdict.UNKNOWN:
        return None
    deadlines = []
    if signal is Verdict.NO_DATA and terms.gone_after is not None and alert.silent_since is not None:
        deadlines.append(alert.silent_since + terms.gone_after)
    if signal is Verdict.NO_DATA and terms.no_data is NoData.KEEP:
        return deadlines[0]
    if alert.state is State.PENDING:
        deadlines.append(alert.pending_since + terms.duration)
    elif alert.recovering_since is not None:
        deadlines.append(alert.recovering_since + terms.keep_firing_for)
    return min(deadlines, default=None)


def _begin(terms: Terms, new_id: str, now: int) -> Stepped:
    alert = Alert(new_id, State.PENDING, now)
    begun = Transition(now, new_id, None, State.PENDING)
    alert, fired = _fire_when_due(terms, alert, now)
    return alert, (begun, *fired)


def _step_pending(terms: Terms, alert: Alert, now: int, *, breached: bool) -> Stepped:
    if breached:
        return _fire_when_due(terms, alert, now)
    return _drop(alert, now)


def _fire_when_due(terms: Terms, alert: Alert, now: int) -> tuple[Alert, tuple[Transition, ...]]:
    if now - alert.pending_since < terms.duration:
        return alert, ()
    fired = replace(alert, state=State.FIRING, fired_at=now)
    return fired, (Transition(now, alert.id, State.PENDING, State.FIRING),)


def _step_firing(terms: Terms, alert: Alert, now: int, *, breached: bool, silent: bool) -> Stepped:
    if breached:
        if alert.recovering_since is None and alert.silent_since is None:
            return alert, ()  # the common case: nothing to copy, nothing to write
        return replace(alert, recovering_since=None, silent_since=None), ()
    recovering_since = now if alert.recovering_since is None else alert.recovering_since
    silent_since = (now if alert.silent_since is None else alert.silent_since) if silent else None
    # Seen clear: now, or between the last breach and the silence.
    seen_clear = silent_since is None or recovering_since < silent_since
    is_gone = silent_since is not None and terms.gone_after is not None and now - silent_since >= terms.gone_after
    if now - recovering_since >= terms.keep_firing_for:
        reason = ResolvedReason.RECOVERED if seen_clear else ResolvedReason.SERIES_GONE
        return _resolve(alert, reason, now)
    if is_gone:
        return _resolve(alert, ResolvedReason.SERIES_GONE, now)
    return replace(alert, recovering_since=recovering_since, silent_since=silent_since), ()


def _stand_still(terms: Terms, alert: Alert, now: int) -> Stepped:
    silent_since = now if alert.silent_since is None else alert.silent_since
    if terms.gone_after is None or now - silent_since < terms.gone_after:
        return replace(alert, silent_since=silent_since), ()
    if alert.state is State.PENDING:
        return _drop(alert, now)
    return _resolve(alert, ResolvedReason.SERIES_GONE, now)


def _end(alert: Alert, ending: Ending, now: int) -> Stepped:
    if alert.state is State.PENDING and ending is not Ending.MANUAL:
        return _drop(alert, now)
    reason = ResolvedReason.SERIES_GONE if ending is Ending.FORGOTTEN else ResolvedReason(ending.value)
    return _resolve(alert, reason, now)


def _drop(alert: Alert, now: int) -> Stepped:
    return None, (Transition(now, alert.id, State.PENDING, None),)


def _resolve(alert: Alert, reason: ResolvedReason, now: int) -> Stepped:
    resolved = replace(alert, state=State.RESOLVED, resolved_at=now, resolved_reason=reason)
    return resolved, (Transition(now, alert.id, alert.state, State.RESOLVED, reason),)


def _move_clocks(alert: Alert, now: int) -> Alert:
    """The silence that ends now does not count: clocks that were running begin later by as much."""
    if alert.silent_since is None:
        return alert
    passed = now - alert.silent_since
    if alert.state is State.PENDING:
        return replace(alert, pending_since=alert.pending_since + passed, silent_since=None)
    recovering = None if alert.recovering_since is None else alert.recovering_since + passed
    return replace(alert, recovering_since=recovering, silent_since=None)


def _restart_clocks(alert: Alert, now: int) -> Alert:
    return replace(
        alert,
        pending_since=now if alert.state is State.PENDING else alert.pending_since,
        recovering_since=None if alert.recovering_since is None else now,
        silent_since=None if alert.silent_since is None else now,
    )
