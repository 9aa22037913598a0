"""A channel: where to tell, for which alerts by default, and when it keeps quiet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.cron import parse_cron
from chalicelib.domain.rules import Severity
from chalicelib.domain.selectors import Selection, selects
from chalicelib.domain.silences import MaintenanceWindow, Scope, Subject

ADDRESS_PREFIX = "email:"
CHANNEL_ID = re.compile("chn_[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Daily from one minute to another, as the clock in the zone shows; `severities` are those that are held back."""

    begins: str  # HH:MM
    ends: str
    zone: str
    severities: frozenset[Severity]

    def window(self, channel_id: str) -> MaintenanceWindow:
        """The same as a window that recurs every day."""
        begin, end = _minutes(self.begins), _minutes(self.ends)
        duration = ((end - begin) % 1440 or 1440) * 60
        start = f"{begin % 60} {begin // 60} * * *"
        parse_cron(start)
        scope = Scope(severities=self.severities)
        return MaintenanceWindow(f"quiet-hours:{channel_id}", scope, start, duration, self.zone, author="")


@dataclass(frozen=True, slots=True)
class Defaults:
    """Which alerts of rules that name nobody go to a channel."""

    severities: frozenset[Severity]
    tags: Selection = ()

    def cover(self, subject: Subject) -> bool:
        """Whether an alert is meant."""
        return subject.severity in self.severities and selects(self.tags, subject.tags)


@dataclass(frozen=True, slots=True)
class Channel:
    """Where to tell.

    `config` can be read by anybody; `sealed` are the secrets by name, each a box that only the notifier can open.
    `rate_limit`: most messages an hour, 0 = any.
    """

    id: str
    name: str
    type: str
    config: Mapping[str, Any] = field(default_factory=dict)
    sealed: Mapping[str, str] = field(default_factory=dict)
    enabled: bool = True
    defaults: Defaults | None = None
    quiet_hours: QuietHours | None = None
    rate_limit: int = 0
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class ChannelRecord:
    """A channel as it is kept; instants in epoch ms. `disabled_reason`: why the service itself switched it off."""

    channel: Channel
    version: int
    created_at: int
    updated_at: int
    disabled_reason: str | None = None
    last_error: str | None = None
    last_error_at: int | None = None
    last_sent_at: int | None = None


def address_channel(address: str) -> Channel:
    """The channel of a bare email address."""
    return Channel(f"{ADDRESS_PREFIX}{address}", address, "email", {"to": [address]})


def missing_channel(name: str) -> Channel:
    """What stands in for a channel that a rule names and that does not exist: it is never told, and that is written."""
    return Channel(name, name, "missing", enabled=False, is_known=False)


# Where the canary goes: all the way, and to nobody.
CANARY = Channel("canary", "canary", "sink")


class ChannelSet:
    """All channels, found by their ids or names."""

    def __init__(self, channels: Iterable[Channel], default_recipients: Iterable[str] = ()) -> None:
        self._channels = tuple(channels)
        self._found = {channel.name: channel for channel in self._channels}
        self._found |= {channel.id: channel for channel in self._channels}
        self._default_recipients = tuple(default_recipients)

    def get(self, name: str) -> Channel:
        """A channel by its id or name."""
        if name == CANARY.id:
            return CANARY
        if name.startswith(ADDRESS_PREFIX):
            return address_channel(name.removeprefix(ADDRESS_PREFIX))
        return self._found.get(name) or missing_channel(name)

    def of_rule(self, recipients: Iterable[str], channels: Iterable[str], subject: Subject) -> tuple[Channel, ...]:
        """Whom a rule tells of an alert, each once.

        A rule that names nobody: the channels whose defaults cover the alert, else the service's default recipients.
        """
        named = [*map(self.get, map(_reference, recipients)), *map(self.get, channels)]
        if not named:
            named = [each for each in self._channels if each.defaults is not None and each.defaults.cover(subject)]
        if not named:
            named = [address_channel(address) for address in self._default_recipients]
        return tuple({channel.id: channel for channel in named}.values())


def channels_named(recipients: Iterable[str], channels: Iterable[str]) -> list[str]:
    """The ids and names of channels among what a rule names; addresses are channels of their own."""
    return [*filter(CHANNEL_ID.fullmatch, recipients), *channels]


def _reference(recipient: str) -> str:
    return recipient if CHANNEL_ID.fullmatch(recipient) else f"{ADDRESS_PREFIX}{recipient}"


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
