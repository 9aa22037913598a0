"""The ledger's entries: every decision about every channel, and every attempt to deliver what was to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chalicelib.domain.channels import Channel
from chalicelib.domain.episodes import Episode
from chalicelib.domain.instants import to_iso
from chalicelib.domain.jobs import Notice
from chalicelib.domain.notifications import Reason


class Delivery(StrEnum):
    """How far a notification has come."""

    NOT_SENT = "not_sent"
    QUEUED = "queued"
    DISPATCHED = "dispatched"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    DEAD = "dead"
    SUPERSEDED = "superseded"

    @property
    def can_be_retried(self) -> bool:
        """Whether somebody may have it sent again."""
        return self in (Delivery.FAILED, Delivery.DEAD, Delivery.UNCERTAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A decision to be written. A `notice` is there when something goes out, not before `not_before` (epoch ms)."""

    id: str
    at: int
    alert_id: str | None
    rule_id: str
    channel_id: str
    channel_name: str
    channel_type: str
    reason: Reason
    mute_id: str | None = None
    flaps: int = 0
    held_back: int = 0
    notice: Notice | None = None
    not_before: int = 0

    @property
    def waits(self) -> bool:
        """Whether it waits for others of its rule, to be told in one message with them."""
        return self.notice is not None and self.notice.group_wait > 0


def entry_to(
    channel: Channel, reason: Reason, notice: Notice | None, *, entry_id: str, at: int, episode: Episode | None = None
) -> Entry:
    """A decision about a channel at an instant (epoch ms), and about which episode; what goes out, does so at once."""
    return Entry(
        id=entry_id,
        at=at,
        alert_id=None if episode is None else episode.alert.id,
        rule_id="" if episode is None else episode.rule_id,
        channel_id=channel.id,
        channel_name=channel.name,
        channel_type=channel.type,
        reason=reason,
        notice=notice,
        not_before=at,
    )


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A notification in the outbox; instants in epoch ms. `was_told`: something reached its channel before."""

    id: str
    seq: int
    round: int
    channel_id: str
    rule_id: str
    alert_id: str | None
    notice: Notice
    not_before: int
    was_told: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at delivery, as it was received."""

    number: int
    at: int
    outcome: str
    status: int | None
    provider_id: str | None
    error: str | None
    took_ms: float


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as it stands in the ledger."""

    seq: int
    entry: Entry
    state: Delivery
    round: int
    sent_at: int | None
    provider_id: str | None
    possible_duplicate: bool
    error: str | None
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """Which entries are meant; None = all."""

    alert_id: str | None = None
    channel_id: str | None = None
    state: Delivery | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """What one channel was told of one episode, see notifications.Facts; instants in epoch ms."""

    alert_id: str
    channel_id: str
    rule_id: str
    state: str | None = None
    told_at: int | None = None
    last_reason: Reason | None = None
    decided_at: int | None = None
    escalates_after: int | None = None
    failed: bool = False
    due_at: int | None = None


def show_recorded(recorded: Recorded) -> dict[str, Any]:
    """An entry as the API shows it."""
    entry = recorded.entry
    return {
        "id": entry.id,
        "at": to_iso(entry.at),
        "alertId": entry.alert_id,
        "ruleId": entry.rule_id or None,
        "channelId": entry.channel_id,
        "channelName": entry.channel_name,
        "channelType": entry.channel_type,
        "reason": str(entry.reason),
        "state": str(recorded.state),
        "silenceId": entry.mute_id,
        "flaps": entry.flaps,
        "heldBack": entry.held_back,
        "sentAt": None if recorded.sent_at is None else to_iso(recorded.sent_at),
        "providerId": recorded.provider_id,
        "possibleDuplicate": recorded.possible_duplicate,
        "error": recorded.error,
        "round": recorded.round,
        "attempts": [show_attempt(each) for each in recorded.attempts],
    }


def show_attempt(attempt: Attempt) -> dict[str, Any]:
    """One attempt as the API shows it."""
    return {
        "number": attempt.number,
        "at": to_iso(attempt.at),
        "outcome": attempt.outcome,
        "status": attempt.status,
        "providerId": attempt.provider_id,
        "error": attempt.error,
        "tookMs": round(attempt.took_ms, 1),
    }
