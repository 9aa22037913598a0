"""The JSON form of a channel: what all types have in common; the config belongs to the type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib.domain.channels import Channel, ChannelRecord, Defaults, QuietHours
from chalicelib.domain.fields import Fields
from chalicelib.domain.instants import to_iso
from chalicelib.domain.rules import Severity

MAX_RATE = 10_000
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def read_common(fields: Fields, channel_id: str, type_name: str) -> Channel:
    """A channel without its config; what is wrong is noted in `fields`."""
    return Channel(
        id=channel_id,
        name=fields.text("name", most=100),
        type=type_name,
        enabled=fields.flag("enabled", default=True),
        defaults=_read_defaults(fields),
        quiet_hours=_read_quiet_hours(fields),
        rate_limit=fields.whole("rateLimit", default=0, low=0, high=MAX_RATE, meaning="messages an hour"),
    )


def write_channel(channel: Channel) -> dict[str, Any]:
    """Everything of a channel but its id and its secrets."""
    quiet, defaults = channel.quiet_hours, channel.defaults
    return {
        "name": channel.name,
        "type": channel.type,
        "config": dict(channel.config),
        "enabled": channel.enabled,
        "defaults": None
        if defaults is None
        else {"severity": _write_severities(defaults.severities), "tags": dict(defaults.tags)},
        "quietHours": None
        if quiet is None
        else {
            "from": quiet.begins,
            "to": quiet.ends,
            "timeZone": quiet.zone,
            "severity": _write_severities(quiet.severities),
        },
        "rateLimit": channel.rate_limit,
    }


def load_channel(document: Mapping[str, Any], *, channel_id: str, sealed: Mapping[str, str]) -> Channel:
    """The channel that `write_channel` wrote."""
    fields = Fields({name: value for name, value in document.items() if name != "config"})
    common = read_common(fields, channel_id, document["type"])
    return replace(common, config=document["config"], sealed=sealed)


def show_channel(record: ChannelRecord) -> dict[str, Any]:
    """A channel as the API shows it: of its secrets only the names."""
    channel = record.channel
    return {
        "id": channel.id,
        **write_channel(channel),
        "secrets": sorted(channel.sealed),
        "disabledReason": record.disabled_reason,
        "lastError": record.last_error,
        "lastErrorAt": None if record.last_error_at is None else to_iso(record.last_error_at),
        "lastSentAt": None if record.last_sent_at is None else to_iso(record.last_sent_at),
        "version": record.version,
        "createdAt": to_iso(record.created_at),
        "updatedAt": to_iso(record.updated_at),
    }


def _read_defaults(fields: Fields) -> Defaults | None:
    given = fields.raw("defaults")
    if given is None:
        return None
    inner = Fields(given, path="defaults", errors=fields.errors)
    found = Defaults(_read_severities(inner), inner.selection("tags"))
    inner.refuse_unknown()
    return found


def _read_quiet_hours(fields: Fields) -> QuietHours | None:
    given = fields.raw("quietHours")
    if given is None:
        return None
    inner = Fields(given, path="quietHours", errors=fields.errors)
    begins, ends = inner.text("from", most=5), inner.text("to", most=5)
    for name, clock in (("from", begins), ("to", ends)):
        if clock and not _CLOCK.fullmatch(clock):
            inner.refuse(name, "must be a time like 22:00")
    zone = inner.zone("timeZone", default="UTC")
    severities = _read_severities(inner)
    inner.refuse_unknown()
    return QuietHours(begins, ends, zone, severities)


def _read_severities(fields: Fields) -> frozenset[Severity]:
    """Those that are named; all of them when none is."""
    given = fields.texts(
        "severity", most=len(Severity), check=lambda text: None if text in set(Severity) else _expected()
    )
    return frozenset(Severity(each) for each in given if each in set(Severity)) or frozenset(Severity)


def _write_severities(severities: frozenset[Severity]) -> list[str]:
    return [str(each) for each in Severity if each in severities]


def _expected() -> str:
    return f"must be one of {', '.join(Severity)}"
