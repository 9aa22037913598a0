"""Whether to tell a channel about an alert, and why or why not: a reason, never a bool."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.alerts import Alert, State


class Reason(StrEnum):
    """Why something was told, or was not. Stored, counted and shown."""

    FIRING = "firing"
    REPEAT = "repeat"
    RESOLVED = "resolved"
    ESCALATION = "escalation"
    SILENCE_ENDED = "silence_ended"
    COOLDOWN_ENDED = "cooldown_ended"
    TEST = "test"
    PENDING = "pending"
    ACKNOWLEDGED = "acknowledged"
    STANDOUTS = "standouts"
    SILENCED = "silenced"
    MAINTENANCE = "maintenance"
    COOLDOWN = "cooldown"
    RATE_LIMITED = "rate_limited"
    CHANNEL_DISABLED = "channel_disabled"
    SUPERSEDED = "superseded"

    @property
    def is_sent(self) -> bool:
        """Whether something goes out."""
        return self in _SENT


_SENT = frozenset(
    {
        *(Reason.FIRING, Reason.REPEAT, Reason.RESOLVED, Reason.ESCALATION),
        *(Reason.SILENCE_ENDED, Reason.COOLDOWN_ENDED, Reason.TEST),
    }
)


@dataclass(frozen=True, slots=True)
class Mute:
    """A silence or a maintenance window that covers the alert; `reason` is SILENCED or MAINTENANCE."""

    reason: Reason
    id: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one channel and one episode at the instant of the decision.

    `told`: an outbox row exists for this channel and episode. `last_reason` and `decided_at` (epoch ms): the last
    decision for it, sent or not. `failed`: the message that it fires could not be delivered for good.
    `mute`: what covers the alert now. `ended_mute`: what covered it while it fired and ended after `decided_at`.
    `cooldown_until` (epoch ms): the cooldown that an earlier episode of the same rule and group began, None when
    there is none; `flaps`: how many firings that cooldown has held back, this one included. One telling begins a new
    cooldown: gather the facts of all channels before the first decision of a tick.
    `escalates`: the channel belongs to an escalation step; it is due at `escalation_at` (epoch ms), that is the first
    telling of the episode by any channel plus the step's delay; None while nobody has been told.
    `repeat_interval` in ms, 0 = never.
    """

    told: bool = False
    last_reason: Reason | None = None
    decided_at: int | None = None
    failed: bool = False
    enabled: bool = True
    rate_limited: bool = False
    acknowledged: bool = False
    mute: Mute | None = None
    ended_mute: Mute | None = None
    cooldown_until: int | None = None
    flaps: int = 0
    escalates: bool = False
    escalation_at: int | None = None
    repeat_interval: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """The reason, the silence or window it is due to, and how often the alert fired during a cooldown."""

    reason: Reason
    mute_id: str | None = None
    flaps: int = 0


# What a channel that was not told hears when nothing holds it back any more.
_AFTER_HOLD = {
    Reason.SILENCED: Reason.SILENCE_ENDED,
    Reason.MAINTENANCE: Reason.SILENCE_ENDED,
    Reason.COOLDOWN: Reason.COOLDOWN_ENDED,
    Reason.RATE_LIMITED: Reason.FIRING,
    Reason.CHANNEL_DISABLED: Reason.FIRING,
    Reason.ACKNOWLEDGED: Reason.ESCALATION,
}
_UNDECIDED = frozenset({None, Reason.PENDING})
# What keeps `resolved` back for a while.
HOLDS_RESOLVED = frozenset({Reason.SILENCED, Reason.MAINTENANCE, Reason.RATE_LIMITED})


def plan(before: State | None, after: Alert | None, facts: Facts, now: int) -> Decision | None:
    """What to do about one channel after a tick; None = there is nothing to decide.

    `before` is the state that this very episode had at the last decision (None: it did not exist), `after` the alert
    now (None: a pending one was dropped). Called at every transition, and at every tick while an alert fires or its
    `resolved` is held back. Every transition gives one decision for every channel of the rule; a channel of an
    escalation takes part once its step is due.

    | alert                       | sent                                            | not sent                         |
    |-----------------------------|-------------------------------------------------|----------------------------------|
    | pending, or dropped         |                                                 | pending                          |
    | comes to fire               | firing                                          | channel_disabled, silenced,      |
    |                             |                                                 | maintenance, cooldown,           |
    |                             |                                                 | rate_limited                     |
    | fires on, not told yet      | silence_ended, cooldown_ended, escalation;      | the same, when the obstacle has  |
    |                             | firing if the channel itself was the obstacle   | changed; escalation:             |
    |                             |                                                 | acknowledged                     |
    | fires on, told              | silence_ended once a mute has ended, repeat     | the same, and acknowledged       |
    | comes to be resolved, told  | resolved                                        | superseded if firing failed;     |
    |                             |                                                 | channel_disabled; held: silenced,|
    |                             |                                                 | maintenance, rate_limited        |
    | ... not told                |                                                 | what kept it from being told;    |
    |                             |                                                 | superseded if nothing did        |
    | resolved, held              | resolved                                        | another obstacle                 |

    Acknowledgement stops repeats, escalation, and `silence_ended` for those who had been told before. It does not
    stop the first telling, and neither it nor cooldown stops `resolved`.
    """
    if after is None or after.state is State.PENDING:
        if facts.escalates:
            return None
        is_new = before is not (None if after is None else after.state)
        return Decision(Reason.PENDING) if is_new else None
    if after.state is State.RESOLVED:
        if before is State.RESOLVED:
            return _plan_held_resolved(facts)
        return _plan_resolved(after, facts)
    if not facts.told:
        return _plan_untold(facts, now, is_new=before is not State.FIRING)
    return _plan_told(facts, now)


def next_decision_at(after: Alert | None, facts: Facts) -> int | None:
    """The next instant at which time alone makes `plan` decide something, the facts staying as they are; epoch ms."""
    if after is None or after.state is not State.FIRING:
        return None
    if facts.told:
        if not facts.repeat_interval or facts.decided_at is None:
            return None
        return facts.decided_at + facts.repeat_interval
    if facts.escalates and facts.last_reason in _UNDECIDED:
        return facts.escalation_at
    return facts.cooldown_until if facts.last_reason is Reason.COOLDOWN else None


def _plan_untold(facts: Facts, now: int, *, is_new: bool) -> Decision | None:
    wanted = Reason.FIRING
    if not is_new and facts.last_reason is not None:
        wanted = _AFTER_HOLD.get(facts.last_reason, Reason.FIRING)
    if facts.escalates:
        if facts.escalation_at is None or now < facts.escalation_at:
            return None
        wanted = Reason.ESCALATION
    decision = _obstacle(facts, stopped_by_acknowledgement=facts.escalates)
    if decision is None and facts.cooldown_until is not None and now < facts.cooldown_until:
        decision = Decision(Reason.COOLDOWN, flaps=facts.flaps)
    if decision is not None:
        return decision if is_new or decision.reason is not facts.last_reason else None
    return Decision(wanted, flaps=facts.flaps if wanted is Reason.COOLDOWN_ENDED else 0)


def _plan_told(facts: Facts, now: int) -> Decision | None:
    if facts.ended_mute is not None and facts.mute is None:
        wanted, mute_id = Reason.SILENCE_ENDED, facts.ended_mute.id
    elif facts.repeat_interval and facts.decided_at is not None and now >= facts.decided_at + facts.repeat_interval:
        wanted, mute_id = Reason.REPEAT, None
    else:
        return None
    return _obstacle(facts, stopped_by_acknowledgement=True) or Decision(wanted, mute_id)


def _plan_resolved(after: Alert, facts: Facts) -> Decision | None:
    if facts.told:
        if facts.failed:
            return Decision(Reason.SUPERSEDED)
        return _obstacle(facts, stopped_by_acknowledgement=False) or Decision(Reason.RESOLVED)
    if facts.last_reason is not None and facts.last_reason not in _UNDECIDED:
        return Decision(facts.last_reason)
    if facts.escalates:
        return None
    # Fired and resolved between two decisions, as a replayed gap may have it: only the net result is told.
    return Decision(Reason.PENDING if after.fired_at is None else Reason.SUPERSEDED)


def _plan_held_resolved(facts: Facts) -> Decision | None:
    if not facts.told or facts.failed or facts.last_reason not in HOLDS_RESOLVED:
        return None
    decision = _obstacle(facts, stopped_by_acknowledgement=False) or Decision(Reason.RESOLVED)
    return None if decision.reason is facts.last_reason else decision


def _obstacle(facts: Facts, *, stopped_by_acknowledgement: bool) -> Decision | None:
    """What keeps anything from being sent now, the most lasting first."""
    if not facts.enabled:
        return Decision(Reason.CHANNEL_DISABLED)
    if facts.mute is not None:
        return Decision(facts.mute.reason, facts.mute.id)
    if stopped_by_acknowledgement and facts.acknowledged:
        return Decision(Reason.ACKNOWLEDGED)
    if facts.rate_limited:
        return Decision(Reason.RATE_LIMITED)
    return None
