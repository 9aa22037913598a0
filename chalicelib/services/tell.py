"""Tell: decide for every channel whether to tell it, write down the reason, and put what is to be sent into the outbox.

1. What has changed, and what time alone makes due: repeats, ended cooldowns and silences, escalations, held `resolved`.
2. For each of these alerts the channels: the rule's, those of its escalation, and those told before.
3. The facts of all channels of an alert are gathered before the first decision: one telling begins a cooldown.
4. Every decision is an entry in the ledger; the outbox is those entries that are to be sent.

All of it belongs to the transaction in which the alerts changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from chalicelib.domain.alerts import State
from chalicelib.domain.channels import Channel, ChannelSet
from chalicelib.domain.cooldowns import Cooldown
from chalicelib.domain.episodes import Change
from chalicelib.domain.jobs import notice_of
from chalicelib.domain.ledger import Entry, Telling, entry_to
from chalicelib.domain.lifecycle import is_acknowledged
from chalicelib.domain.notifications import Decision, Reason, plan
from chalicelib.domain.rules import Rule
from chalicelib.domain.silences import AnySilence
from chalicelib.services.ports.notifying import ChannelBook, ChannelTypes, EntryBook, Group, TellingBook
from chalicelib.services.telling_facts import (
    Limit,
    Outlook,
    channels_of,
    due_at,
    first_told,
    group_of,
    holds_resolved,
)

RECENTLY_MS = 600_000  # a silence that ended longer ago has been noticed, unless no tick ran for so long
HOUR_MS = 3_600_000


class Tell:
    """Decides whom to tell."""

    def __init__(
        self,
        channels: ChannelBook,
        tellings: TellingBook,
        entries: EntryBook,
        types: ChannelTypes,
        *,
        new_id: Callable[[], str],
        cooldown_period: int,
        default_recipients: Sequence[str],
    ) -> None:
        """`cooldown_period` (seconds) is that of rules that name none."""
        self._channels = channels
        self._tellings = tellings
        self._entries = entries
        self._types = types
        self._new_id = new_id
        self._cooldown_period = cooldown_period
        self._default_recipients = tuple(default_recipients)

    def run(self, changes: Sequence[Change], silences: Sequence[AnySilence], now: int) -> None:
        """Write down every decision that these changes and the time (epoch ms) call for. Raises Unavailable."""
        changed = {change.episode.alert.id for change in changes}
        due = self._tellings.due(now)
        if any(_ended_recently(silence, now) for silence in silences):
            due |= self._tellings.firing()
        due -= changed
        if not changes and not due:
            return
        idle = [Change(episode.alert.state, episode, rule) for episode, rule in self._tellings.subjects(sorted(due))]
        self._decide([*changes, *idle], changed, silences, now)

    def _decide(self, changes: Sequence[Change], changed: set[str], silences: Sequence[AnySilence], now: int) -> None:
        alert_ids = [change.episode.alert.id for change in changes]
        told = self._tellings.of_alerts(alert_ids)
        groups = list(dict.fromkeys(group_of(change.episode) for change in changes))
        cooldowns = self._tellings.cooldowns(groups)
        channels = ChannelSet(self._channels.all(), self._default_recipients)
        sheet = Sheet(self._limits(channels, changes, told, now))
        for change in changes:
            group = group_of(change.episode)
            present = told.get(change.episode.alert.id, {})
            found = channels_of(change, present, channels)
            cooldown = cooldowns.get(group)
            context = Outlook(change, silences, cooldown, now, self._period(change.rule))
            context.first_told = first_told(present.values())
            for channel, after in found:
                self._decide_one(context, channel, present.get(channel.id), after, sheet)
            if context.cooldown is not None and context.cooldown != cooldown:
                cooldowns[group] = sheet.cooldowns[group] = context.cooldown
            if change.episode.alert.id in changed:
                self._show_acknowledgement(change, present, channels, sheet, now)
        self._entries.write(sheet.entries)
        self._tellings.save(sheet.tellings, sheet.gone)
        self._tellings.save_cooldowns(sheet.cooldowns)

    def _decide_one(
        self, context: Outlook, channel: Channel, telling: Telling | None, escalates_after: int | None, sheet: Sheet
    ) -> None:
        change, now = context.change, context.now
        alert = change.after
        limit = sheet.limits.get(channel.id)
        joins = change.before is not State.FIRING and sheet.joins(change.episode.rule_id, channel.id)
        is_rate_limited = limit is not None and limit.is_reached and not joins
        facts = context.facts(channel, telling, escalates_after, is_rate_limited=is_rate_limited)
        decision = plan(change.before, alert, facts, now)
        kept = telling or Telling(change.episode.alert.id, channel.id, change.episode.rule_id)
        kept = replace(kept, state=None if alert is None else str(alert.state), escalates_after=escalates_after)
        if decision is not None:
            context.note(decision)
            entry = self._entry(context, channel, decision)
            if limit is not None and decision.reason.is_sent and not (joins and entry.waits):
                entry = _holding_back(entry, limit.take())
            sheet.add(entry)
            kept = replace(
                kept,
                told_at=now if decision.reason.is_sent and kept.told_at is None else kept.told_at,
                last_reason=decision.reason,
                decided_at=now,
            )
            facts = replace(facts, told=kept.told_at is not None, last_reason=decision.reason, decided_at=now)
        if alert is None or (alert.state is State.RESOLVED and not holds_resolved(kept)):
            if telling is not None:
                sheet.gone.append((kept.alert_id, kept.channel_id))
            return
        sheet.tellings.append(replace(kept, due_at=due_at(kept, context, facts)))

    def _entry(self, context: Outlook, channel: Channel, decision: Decision) -> Entry:
        change, now = context.change, context.now
        episode = change.episode
        notice = notice_of(episode, change.rule, decision.reason, now, flaps=decision.flaps)
        if not self._types.can_group(channel):
            notice = replace(notice, group_wait=0)
        told = notice if decision.reason.is_sent else None
        entry = entry_to(channel, decision.reason, told, entry_id=self._new_id(), at=now, episode=episode)
        not_before = now + notice.group_wait * 1000
        return replace(entry, mute_id=decision.mute_id, flaps=decision.flaps, not_before=not_before)

    def _show_acknowledgement(
        self, change: Change, present: dict[str, Telling], channels: ChannelSet, sheet: Sheet, now: int
    ) -> None:
        """Have what was sent before show that somebody has it in hand, where a channel can."""
        is_acknowledging = change.before is State.FIRING and not change.transitions and not change.dropped
        if not is_acknowledging or not is_acknowledged(change.episode.acknowledgement, now):
            return
        for telling in present.values():
            channel = channels.get(telling.channel_id)
            if telling.told_at is None or not channel.enabled or not self._types.shows_updates(channel):
                continue
            reason, episode = Reason.ACKNOWLEDGED, change.episode
            notice = notice_of(episode, change.rule, reason, now)
            sheet.add(entry_to(channel, reason, notice, entry_id=self._new_id(), at=now, episode=episode))

    def _limits(
        self, channels: ChannelSet, changes: Sequence[Change], told: dict[str, dict[str, Telling]], now: int
    ) -> dict[str, Limit]:
        met = {
            channel.id: channel
            for change in changes
            for channel, _ in channels_of(change, told.get(change.episode.alert.id, {}), channels)
            if channel.rate_limit
        }
        if not met:
            return {}
        sent = self._tellings.sent_since(sorted(met), now - HOUR_MS)
        return {
            channel_id: Limit(channel.rate_limit, *sent.get(channel_id, (0, 0))) for channel_id, channel in met.items()
        }

    def _period(self, rule: Rule | None) -> int:
        given = None if rule is None else rule.cooldown_period
        return (self._cooldown_period if given is None else given) * 1000


class Sheet:
    """What one run writes down in the end."""

    def __init__(self, limits: dict[str, Limit]) -> None:
        self.limits = limits
        self.entries: list[Entry] = []
        self.tellings: list[Telling] = []
        self.gone: list[tuple[str, str]] = []
        self.cooldowns: dict[Group, Cooldown] = {}
        self._grouped: set[tuple[str, str]] = set()

    def add(self, entry: Entry) -> None:
        """Write an entry down; one that waits for others of its rule opens a message that they join."""
        self.entries.append(entry)
        if entry.waits:
            self._grouped.add((entry.rule_id, entry.channel_id))

    def joins(self, rule_id: str, channel_id: str) -> bool:
        """Whether what fires of this rule is told in a message that this run has opened."""
        return (rule_id, channel_id) in self._grouped


def _holding_back(entry: Entry, held_back: int) -> Entry:
    assert entry.notice is not None  # it is sent
    return replace(entry, held_back=held_back, notice=replace(entry.notice, held_back=held_back))


def _ended_recently(silence: AnySilence, now: int) -> bool:
    span = silence.span_at(now)
    return span is not None and now - RECENTLY_MS < span[1] <= now
