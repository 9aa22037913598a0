"""The JSON form of silences and maintenance windows: read and check, write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.domain.cron import InvalidCron, parse_cron
from chalicelib.domain.fields import Fields
from chalicelib.domain.instants import InvalidInstant, parse_instant, to_iso
from chalicelib.domain.patterns import InvalidPattern
from chalicelib.domain.rules import Severity
from chalicelib.domain.selectors import check_expression
from chalicelib.domain.silences import MaintenanceWindow, Scope, Silence

MAX_WINDOW_SECONDS = 7 * 86_400
MAX_SILENCE_MS = 366 * 86_400_000


def read_silence(given: object, *, silence_id: str, author: str, now: int) -> Silence:
    """The silence that a JSON object describes; it starts now unless it says when. Raises InvalidInput."""
    fields = Fields(given)
    scope = _read_scope(fields)
    starts_at = _read_instant(fields, "startsAt", now)
    ends_at = _read_instant(fields, "endsAt", None)
    if ends_at is None:
        if not fields.has("endsAt"):
            fields.refuse("endsAt", "is missing")
    elif starts_at is not None:
        if ends_at <= max(starts_at, now):
            fields.refuse("endsAt", "must lie after startsAt and in the future")
        elif ends_at - starts_at > MAX_SILENCE_MS:
            fields.refuse("endsAt", "must lie within a year of startsAt")
    comment = fields.text("comment", most=1000, default="", multiline=True)
    fields.finish()
    return Silence(silence_id, scope, starts_at or 0, ends_at or 0, author, comment)


def read_window(given: object, *, window_id: str, author: str, now: int) -> MaintenanceWindow:
    """The maintenance window that a JSON object describes. Raises InvalidInput."""
    fields = Fields(given)
    scope = _read_scope(fields)
    start = fields.text("start", most=100)
    if start:
        try:
            parse_cron(start)
        except InvalidCron as error:
            fields.refuse("start", str(error))
    if not fields.has("duration"):
        fields.refuse("duration", "is missing")
    duration = fields.whole("duration", default=60, low=60, high=MAX_WINDOW_SECONDS)
    zone = fields.zone("timeZone", default="UTC")
    comment = fields.text("comment", most=1000, default="", multiline=True)
    fields.finish()
    return MaintenanceWindow(window_id, scope, start, duration, zone, author, comment, valid_from=now)


def write_silence(silence: Silence) -> dict[str, object]:
    """What `read_silence` reads, and who made it."""
    return {
        "id": silence.id,
        "startsAt": to_iso(silence.starts_at),
        "endsAt": to_iso(silence.ends_at),
        "author": silence.author,
        "comment": silence.comment,
        **_write_scope(silence.scope),
    }


def write_window(window: MaintenanceWindow, *, now: int) -> dict[str, object]:
    """What `read_window` reads, who made it, since when it counts, and when it holds next."""
    following = window.next_span(now)
    return keep_window(window) | {
        "next": following and {"startsAt": to_iso(following[0]), "endsAt": to_iso(following[1])},
    }


def keep_window(window: MaintenanceWindow) -> dict[str, object]:
    """Everything that is to be known of a window, for `load_window`."""
    return {
        "id": window.id,
        "start": window.start,
        "duration": window.duration,
        "timeZone": window.zone,
        "author": window.author,
        "comment": window.comment,
        "validFrom": to_iso(window.valid_from),
        "validUntil": None if window.valid_until is None else to_iso(window.valid_until),
        **_write_scope(window.scope),
    }


def load_silence(kept: Mapping[str, Any]) -> Silence:
    """The silence that `write_silence` wrote."""
    begins, ends = parse_instant(kept["startsAt"]), parse_instant(kept["endsAt"])
    return Silence(kept["id"], _read_scope(Fields(kept)), begins, ends, kept["author"], kept["comment"])


def load_window(kept: Mapping[str, Any]) -> MaintenanceWindow:
    """The window that `keep_window` wrote."""
    until = kept["validUntil"]
    return MaintenanceWindow(
        id=kept["id"],
        scope=_read_scope(Fields(kept)),
        start=kept["start"],
        duration=kept["duration"],
        zone=kept["timeZone"],
        author=kept["author"],
        comment=kept["comment"],
        valid_from=parse_instant(kept["validFrom"]),
        valid_until=None if until is None else parse_instant(until),
    )


def _read_scope(fields: Fields) -> Scope:
    rule_id = fields.text("ruleId", most=100, default="")
    metric_type = fields.text("metricType", most=515, default="")
    try:
        check_expression(metric_type)
    except InvalidPattern as error:
        fields.refuse("metricType", str(error))
    severities = fields.texts("severity", most=len(Severity), check=_wrong_severity)
    tags = fields.selection("tags")
    if not (rule_id or metric_type or severities or tags or fields.errors):
        # Silencing everything is too easily done by accident; naming all severities does it on purpose.
        fields.refuse("ruleId", "is missing: name a ruleId, metricType, severity or tags")
    return Scope(
        rule_id or None,
        metric_type or None,
        frozenset(Severity(each) for each in severities if each in set(Severity)),
        tags,
    )


def _write_scope(scope: Scope) -> dict[str, object]:
    return {
        "ruleId": scope.rule_id,
        "metricType": scope.metric_type,
        "severity": [str(each) for each in Severity if each in scope.severities] or None,
        "tags": dict(scope.tags) or None,
    }


def _wrong_severity(text: str) -> str | None:
    return None if text in set(Severity) else f"must be one of {', '.join(Severity)}"


def _read_instant(fields: Fields, name: str, default: int | None) -> int | None:
    value = fields.raw(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        fields.refuse(name, "must be ISO 8601 with a zone, or epoch milliseconds")
        return None
    try:
        return parse_instant(value)
    except InvalidInstant as error:
        fields.refuse(name, str(error))
        return None
