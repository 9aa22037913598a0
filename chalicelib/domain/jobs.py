"""What the notifier is told to do, and what it answers: notification jobs and receipts, as values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from chalicelib.domain.alerts import State
from chalicelib.domain.episodes import Episode
from chalicelib.domain.notifications import Reason
from chalicelib.domain.rules import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a notification says, as it was when it was decided; all instants in epoch ms, `unit` that of the values.

    `held_back`: how many notifications the channel's rate limit has held back before this one. `group_wait`: for how
    many seconds it waits for others of its rule, to be told together with them; 0: it is told by itself.
    """

    at: int
    reason: str
    alert_id: str = ""
    rule_id: str = ""
    rule_name: str = ""
    metric_type: str = ""
    severity: str = "medium"
    state: str = "firing"
    tags: Mapping[str, str] = field(default_factory=dict)
    value: float | None = None
    threshold: float | None = None
    unit: str = ""
    message: str = ""
    pending_since: int | None = None
    fired_at: int | None = None
    resolved_at: int | None = None
    resolved_reason: str | None = None
    acknowledged_by: str | None = None
    description: str = ""
    runbook_url: str = ""
    flaps: int = 0
    held_back: int = 0
    group_wait: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """The channel as the notifier needs it: its secrets are still sealed."""

    id: str
    type: str
    config: Mapping[str, Any]
    sealed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Member:
    """A notification that is told together with another one."""

    id: str
    seq: int
    round: int
    notice: Notice


@dataclass(frozen=True, slots=True)
class Job:
    """One notification on its way. `version` is that of this form.

    `seq` orders the notifications of one channel and alert; `round` counts how often it was given to the queue.
    `was_told`: the ledger has it that something about the alert reached the channel. `others` are told with it.
    """

    id: str
    seq: int
    round: int
    target: Target
    notice: Notice
    zone: str = "UTC"
    dashboard_url: str = ""
    acknowledge_url: str = ""
    was_told: bool = False
    version: int = 1
    others: tuple[Member, ...] = ()

    def of(self, member: Member) -> Job:
        """The job of one that is told with this one, as if by itself."""
        return replace(
            self,
            id=member.id,
            seq=member.seq,
            round=member.round,
            notice=member.notice,
            others=(),
            acknowledge_url="",
            was_told=False,
        )

    @property
    def thread(self) -> str:
        """What belongs together: one alert at one channel."""
        return f"{self.target.id}|{self.notice.alert_id or self.id}"


class Outcome(StrEnum):
    """What became of an attempt. `retrying` is the only one that more attempts follow."""

    SENT = "sent"
    RETRYING = "retrying"
    FAILED = "failed"
    DEAD = "dead"
    UNCERTAIN = "uncertain"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one attempt. `error` holds no secret; `disable`: the receiver is gone for good."""

    notification_id: str
    round: int
    attempt: int
    at: int
    outcome: Outcome
    took_ms: float = 0.0
    status: int | None = None
    provider_id: str | None = None
    error: str | None = None
    possible_duplicate: bool = False
    disable: bool = False
    version: int = 1


def notice_of(
    episode: Episode,
    rule: Rule | None,
    reason: Reason,
    now: int,
    *,
    flaps: int = 0,
    held_back: int = 0,
    message: str = "",
) -> Notice:
    """What there is to say of an episode now; `message` instead of its own."""
    alert, seen = episode.alert, episode.acknowledgement
    return Notice(
        at=now,
        reason=str(reason),
        alert_id=alert.id,
        rule_id=episode.rule_id,
        rule_name=episode.rule_name,
        metric_type=episode.metric_type,
        severity=str(episode.severity),
        state=str(State(alert.state)),
        tags=dict(episode.tags),
        value=episode.value if episode.value is not None and math.isfinite(episode.value) else None,
        threshold=episode.threshold,
        unit=episode.unit,
        message=message or episode.message,
        pending_since=alert.pending_since,
        fired_at=alert.fired_at,
        resolved_at=alert.resolved_at,
        resolved_reason=None if alert.resolved_reason is None else str(alert.resolved_reason),
        acknowledged_by=None if seen is None or not seen.holds(now) else seen.by,
        description="" if rule is None else rule.description,
        runbook_url="" if rule is None else rule.runbook_url,
        flaps=flaps,
        held_back=held_back,
        group_wait=rule.group_wait if rule is not None and reason is Reason.FIRING else 0,
    )
