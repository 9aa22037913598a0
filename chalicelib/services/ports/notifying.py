"""What deciding whom to tell, dispatching it, delivering it and keeping the ledger need of the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from chalicelib.domain.channels import Channel, ChannelRecord
from chalicelib.domain.cooldowns import Cooldown
from chalicelib.domain.deliveries import Claim, Delivered, Letter
from chalicelib.domain.episodes import Episode
from chalicelib.domain.fields import Fields
from chalicelib.domain.jobs import Job, Receipt
from chalicelib.domain.ledger import Entry, LedgerFilter, Outgoing, Recorded, Telling
from chalicelib.domain.rules import Rule

Group = tuple[str, tuple[tuple[str, str], ...]]  # a rule's id and a group's tags, sorted


class ChannelBook(Protocol):
    """Where channels are kept."""

    def all(self) -> list[Channel]:
        """Every channel, the oldest first."""
        ...

    def get(self, channel_id: str, *, lock: bool = False) -> ChannelRecord | None:
        """One channel; with `lock`, nobody else changes it until the transaction ends."""
        ...

    def page(self, after: str, limit: int) -> list[ChannelRecord]:
        """Channels in the order of their ids, from behind the id `after`."""
        ...

    def add(self, record: ChannelRecord) -> bool:
        """Keep a new channel; False when its name is taken."""
        ...

    def replace(self, record: ChannelRecord) -> bool:
        """Keep a changed channel; False when its name is taken."""
        ...

    def remove(self, channel_id: str) -> None:
        """Forget a channel; the ledger stays."""
        ...


class TellingBook(Protocol):
    """What channels have been told, and what time alone makes due."""

    def due(self, now: int) -> set[str]:
        """The ids of alerts about which time alone may have something decided."""
        ...

    def firing(self) -> set[str]:
        """The ids of alerts that fire and that somebody is told of."""
        ...

    def subjects(self, alert_ids: Sequence[str]) -> list[tuple[Episode, Rule | None]]:
        """These alerts, each with its rule as it stands now."""
        ...

    def of_alerts(self, alert_ids: Sequence[str]) -> dict[str, dict[str, Telling]]:
        """What was told of these alerts, by alert and channel; locked until the transaction ends."""
        ...

    def save(self, tellings: Sequence[Telling], gone: Sequence[tuple[str, str]]) -> None:
        """Keep these, and let go of others by alert and channel."""
        ...

    def cooldowns(self, groups: Sequence[Group]) -> dict[Group, Cooldown]:
        """The cooldowns of these groups."""
        ...

    def save_cooldowns(self, cooldowns: Mapping[Group, Cooldown]) -> None:
        """Keep these."""
        ...

    def sent_since(self, channel_ids: Sequence[str], since: int) -> dict[str, tuple[int, int]]:
        """By channel: how much was sent since an instant (epoch ms), and held back after the last of it."""
        ...


class EntryBook(Protocol):
    """Where decisions are written."""

    def write(self, entries: Sequence[Entry]) -> None:
        """Write decisions in their order."""
        ...


class Outbox(Protocol):
    """What waits to be dispatched."""

    def take(self, now: int, limit: int) -> list[Outgoing]:
        """The oldest of every (channel, rule) and what follows it there, in order; locked until the transaction ends.

        What somebody else has locked is left to him.
        """
        ...

    def dispatched(self, ids: Sequence[str], now: int) -> None:
        """These have been handed to the queue."""
        ...

    def withdraw(self, notification_id: str, error: str, now: int) -> None:
        """This will not be sent: its channel is gone or switched off."""
        ...

    def requeue_lost(self, now: int) -> int:
        """Queue again what has been under way for so long without news that it must be lost; how many."""
        ...


class Ledger(Protocol):
    """What was decided and what became of it."""

    def page(self, wanted: LedgerFilter, before: int | None, limit: int) -> list[Recorded]:
        """Entries with their attempts, the newest first, from before the number `before`."""
        ...

    def of_alert(self, alert_id: str) -> list[Recorded]:
        """All about one alert, in order."""
        ...

    def get(self, notification_id: str) -> Recorded | None:
        """One entry."""
        ...

    def retry(self, notification_id: str, now: int) -> bool:
        """Queue an entry again that has failed, is dead or uncertain; False when it is none of these."""
        ...


class JobQueue(Protocol):
    """The way to the notifier: in order for each group."""

    def send(self, jobs: Sequence[tuple[str, Job]]) -> int:
        """Send jobs, each with its group, in order; how many from the first on were taken. Raises Unavailable."""
        ...


class ReceiptQueue(Protocol):
    """The way back."""

    def send(self, receipt: Receipt) -> None:
        """Send a receipt."""
        ...


class DeadLetters(Protocol):
    """Where jobs end that exhausted their tries."""

    def put(self, job: Job, group: str) -> None:
        """Keep a job."""
        ...


class Claims(Protocol):
    """Who sends what, kept where every notifier sees it: written only when it is still as it was read."""

    def begin(self, job: Job, now: int, lease_ms: int) -> Claim:
        """Claim a notification for one attempt, or learn why not.

        A claim older than `lease_ms` (epoch ms) is taken over and counts as one more doubt.
        """
        ...

    def finish(
        self,
        job: Job,
        claim: Claim,
        state: str,
        now: int,
        *,
        error: str | None = None,
        delivered: Delivered | None = None,
    ) -> None:
        """Say what became of the attempt; `delivered`: it arrived, or may have."""
        ...


class Senders(Protocol):
    """The channels' ways out."""

    def send(self, letter: Letter) -> Delivered:
        """Deliver. Raises DeliveryFailed."""
        ...


class Unsealer(Protocol):
    """Opens sealed secrets."""

    def open(self, sealed: Mapping[str, str]) -> dict[str, str]:
        """The secrets by name. Raises DeliveryFailed when they were sealed for another key."""
        ...


class Sealer(Protocol):
    """Seals secrets for the notifier."""

    def seal(self, secrets: Mapping[str, str]) -> dict[str, str]:
        """The boxes by name. Raises Unavailable when no key is configured."""
        ...


class ChannelTypes(Protocol):
    """The types of channels there are."""

    def names(self) -> Sequence[str]:
        """Their names."""
        ...

    def read(self, type_name: str, fields: Fields, kept: frozenset[str]) -> tuple[dict[str, Any], dict[str, str]]:
        """What can be read by anybody and the secrets of a channel's config; `kept`: secrets that it has already."""
        ...

    def shows_updates(self, channel: Channel) -> bool:
        """Whether an acknowledgement can be shown in what was sent before."""
        ...

    def can_group(self, channel: Channel) -> bool:
        """Whether one message can tell of several alerts."""
        ...

    def with_threads(self) -> Sequence[str]:
        """The types where something can be said below what was sent before, if their channel shows updates."""
        ...
