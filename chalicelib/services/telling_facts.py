"""The facts on which a channel is told or not: gathered for one alert at one instant, for all its channels alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chalicelib.domain.alerts import State
from chalicelib.domain.channels import Channel, ChannelSet
from chalicelib.domain.cooldowns import Cooldown, after_decision
from chalicelib.domain.episodes import Change, Episode
from chalicelib.domain.ledger import Telling
from chalicelib.domain.lifecycle import is_acknowledged
from chalicelib.domain.notifications import HOLDS_RESOLVED, Decision, Facts, Mute, Reason, next_decision_at
from chalicelib.domain.rules import DEFAULT_REPEAT_INTERVAL
from chalicelib.domain.silences import AnySilence, ended_muting, muting
from chalicelib.services.ports.notifying import Group

# What is looked at again at every tick, because only time or somebody's doing ends it.
_HELD = frozenset(
    {Reason.SILENCED, Reason.MAINTENANCE, Reason.RATE_LIMITED, Reason.CHANNEL_DISABLED, Reason.ACKNOWLEDGED}
)


class Limit:
    """How much of a channel's hour is used up, and how much was held back since the last message."""

    def __init__(self, most: int, sent: int, held_back: int) -> None:
        self._most = most
        self._sent = sent
        self._held_back = held_back

    @property
    def is_reached(self) -> bool:
        return self._sent >= self._most

    def take(self) -> int:
        """Count one more message; how many were held back before it."""
        self._sent += 1
        held_back, self._held_back = self._held_back, 0
        return held_back


class Outlook:
    """One alert at one instant: what is the same for all its channels."""

    def __init__(
        self, change: Change, silences: Sequence[AnySilence], cooldown: Cooldown | None, now: int, period: int
    ) -> None:
        self.change = change
        self.now = now
        self.cooldown = cooldown
        self.first_told: int | None = None
        self._before = cooldown
        self._silences = silences
        self._period = period
        self._mute = muting(silences, change.episode.subject, now)

    def note(self, decision: Decision) -> None:
        """Follow what a decision does to the cooldown and to the escalation."""
        alert_id = self.change.episode.alert.id
        self.cooldown = after_decision(self.cooldown, alert_id, decision, self.now, self._period)
        if decision.reason.is_sent and self.first_told is None:
            self.first_told = self.now

    def facts(
        self, channel: Channel, telling: Telling | None, escalates_after: int | None, *, is_rate_limited: bool
    ) -> Facts:
        """What is known about one channel."""
        change, now = self.change, self.now
        alert_id = change.episode.alert.id
        cooldown = self._before
        repeat = DEFAULT_REPEAT_INTERVAL if change.rule is None else change.rule.repeat_interval
        escalation_at = None
        if escalates_after is not None and self.first_told is not None:
            escalation_at = self.first_told + escalates_after * 1000
        return Facts(
            told=telling is not None and telling.told_at is not None,
            last_reason=None if telling is None else telling.last_reason,
            decided_at=None if telling is None else telling.decided_at,
            failed=telling is not None and telling.failed,
            enabled=channel.enabled,
            rate_limited=is_rate_limited,
            acknowledged=is_acknowledged(change.episode.acknowledgement, now),
            mute=self._mute or self._quiet(channel),
            ended_mute=self._ended(telling),
            cooldown_until=None if cooldown is None else cooldown.against(alert_id),
            flaps=0 if cooldown is None else cooldown.flaps_with(alert_id),
            escalates=escalates_after is not None,
            escalation_at=escalation_at,
            repeat_interval=repeat * 1000,
        )

    def _quiet(self, channel: Channel) -> Mute | None:
        if channel.quiet_hours is None:
            return None
        return muting([channel.quiet_hours.window(channel.id)], self.change.episode.subject, self.now)

    def _ended(self, telling: Telling | None) -> Mute | None:
        if telling is None or telling.decided_at is None:
            return None
        return ended_muting(self._silences, self.change.episode.subject, since=telling.decided_at, now=self.now)


def channels_of(change: Change, present: dict[str, Telling], channels: ChannelSet) -> list[tuple[Channel, int | None]]:
    """The channels that have a say, those of the rule itself first; with the delay of those of an escalation."""
    found: dict[str, tuple[Channel, int | None]] = {}
    if change.rule is not None:
        rule = change.rule
        for channel in channels.of_rule(rule.recipients, rule.channels, change.episode.subject):
            found[channel.id] = (channel, None)
        for step in sorted(rule.escalation, key=lambda each: each.after):
            for name in step.channels:
                channel = channels.get(name)
                found.setdefault(channel.id, (channel, step.after))
    for telling in present.values():
        if telling.channel_id not in found:
            found[telling.channel_id] = (channels.get(telling.channel_id), telling.escalates_after)
    return list(found.values())


def due_at(telling: Telling, context: Outlook, facts: Facts) -> int | None:
    """When to look again."""
    now = context.now
    if telling.state == State.RESOLVED:
        return now
    if telling.state != State.FIRING:
        return None
    if telling.told_at is None and telling.last_reason in _HELD:
        return now
    if facts.escalates and telling.told_at is None and context.first_told is not None:
        facts = replace(facts, escalation_at=context.first_told + (telling.escalates_after or 0) * 1000)
    if telling.told_at is None and telling.last_reason is Reason.COOLDOWN and facts.cooldown_until is None:
        return now
    return next_decision_at(context.change.after, facts)


def holds_resolved(telling: Telling) -> bool:
    return telling.told_at is not None and not telling.failed and telling.last_reason in HOLDS_RESOLVED


def group_of(episode: Episode) -> Group:
    return episode.rule_id, tuple(sorted(episode.tags.items()))


def first_told(tellings: Iterable[Telling]) -> int | None:
    return min((telling.told_at for telling in tellings if telling.told_at is not None), default=None)
