"""What is said of an alert, in words: the headline, the facts in their order, the links; without any markup."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from chalicelib.domain.instants import to_datetime
from chalicelib.domain.jobs import Job, Notice
from chalicelib.domain.notifications import Reason
from chalicelib.domain.quantities import write_quantity, write_span

MOST_LINES = 20  # alerts that a message lists
_ENDED = {
    "recovered": "Recovered",
    "series_gone": "Stopped reporting",
    "manual": "Resolved by hand",
    "rule_changed": "Ended: its rule was changed",
    "rule_disabled": "Ended: its rule was switched off",
    "rule_deleted": "Ended: its rule was deleted",
}


@dataclass(frozen=True, slots=True)
class Message:
    """What a message holds, whatever it is written in. `links`: what for, and where to."""

    subject: str
    headline: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    severity: str
    is_over: bool = False
    is_acknowledged: bool = False


def compose(job: Job, *, possible_duplicate: bool = False) -> Message:
    """The message of a job."""
    notice = job.notice
    if job.target.type == "operator":
        return Message(notice.message, notice.message, (("Time", _clock(notice.at, job.zone)),), (), (), "critical")
    if notice.reason == Reason.TEST:
        return _test(job)
    if job.others:
        return _together(job, possible_duplicate=possible_duplicate)
    return Message(
        subject=f"{_state(notice)}: {_what(notice)}",
        headline=_headline(notice),
        facts=tuple(_facts(job)),
        notes=tuple(_notes(notice, possible_duplicate=possible_duplicate)),
        links=tuple(_links(job)),
        severity=notice.severity,
        is_over=notice.state == "resolved",
        is_acknowledged=notice.acknowledged_by is not None,
    )


def _together(job: Job, *, possible_duplicate: bool) -> Message:
    """Several alerts of one rule: the first in full words, then all of them, a line each."""
    notice, count = job.notice, 1 + len(job.others)
    lines = [each.message for each in (notice, *(other.notice for other in job.others))]
    more = [f"and {count - MOST_LINES} more"] if count > MOST_LINES else []
    listed = "\n".join([*lines[:MOST_LINES], *more])
    return Message(
        subject=f"{_state(notice)}: {notice.rule_name} ({count} alerts)",
        headline=f"{count} alerts of {notice.rule_name}.",
        facts=(("Severity", notice.severity), ("Alerts", str(count))),
        notes=(listed, *_notes(notice, possible_duplicate=possible_duplicate)),
        links=tuple(_links(job)),
        severity=notice.severity,
    )


def _test(job: Job) -> Message:
    return Message(
        subject="Test: this channel works",
        headline="This is a test. Alerts sent to this channel arrive here.",
        facts=(("Sent", _clock(job.notice.at, job.zone)),),
        notes=(),
        links=(("Dashboard", job.dashboard_url),) if job.dashboard_url else (),
        severity="low",
    )


def _state(notice: Notice) -> str:
    if notice.state == "resolved":
        return "Resolved"
    return {
        Reason.REPEAT: "Still firing",
        Reason.ESCALATION: "Escalated",
        Reason.SILENCE_ENDED: "Still firing",
        Reason.COOLDOWN_ENDED: "Still firing",
        Reason.ACKNOWLEDGED: "Acknowledged",
    }.get(Reason(notice.reason), notice.severity.capitalize())


def _what(notice: Notice) -> str:
    where = ", ".join(f"{key}={notice.tags[key]}" for key in sorted(notice.tags))
    return f"{notice.rule_name} on {where}" if where else notice.rule_name


def _headline(notice: Notice) -> str:
    lasted = _lasted(notice)
    if notice.state == "resolved":
        ended = _ENDED.get(notice.resolved_reason or "", "Resolved")
        return f"{ended} after {lasted}. {_what(notice)}." if lasted else f"{ended}. {_what(notice)}."
    if notice.reason in (Reason.FIRING, Reason.STANDOUTS) or not lasted:
        return f"{notice.message}."
    opening = {
        Reason.REPEAT: f"Still firing for {lasted}.",
        Reason.ESCALATION: f"Firing for {lasted} and acknowledged by nobody.",
        Reason.SILENCE_ENDED: f"A silence has ended, and it is still firing, for {lasted}.",
        Reason.COOLDOWN_ENDED: f"Still firing for {lasted}.",
        Reason.ACKNOWLEDGED: f"{notice.acknowledged_by or 'Somebody'} has it in hand.",
    }.get(Reason(notice.reason), "")
    return f"{opening} {notice.message}.".strip()


def _facts(job: Job) -> list[tuple[str, str]]:
    notice = job.notice
    unit = notice.unit
    found = [("Severity", notice.severity)]
    value = "Last value" if notice.state == "resolved" else "Value"
    found.append((value, f"{notice.metric_type} {write_quantity(notice.value, unit)}"))
    if notice.threshold is not None:
        found.append(("Threshold", write_quantity(notice.threshold, unit)))
    found += [(key, notice.tags[key]) for key in sorted(notice.tags)]
    if notice.pending_since is not None:
        found.append(("Since", _clock(notice.pending_since, job.zone)))
    if notice.resolved_at is not None:
        found.append(("Until", _clock(notice.resolved_at, job.zone)))
    if notice.acknowledged_by and notice.state != "resolved":
        found.append(("Acknowledged by", notice.acknowledged_by))
    return found


def _notes(notice: Notice, *, possible_duplicate: bool) -> list[str]:
    notes = []
    if notice.description:
        notes.append(notice.description)
    if notice.flaps > 1:
        notes.append(f"It fired {notice.flaps} times during the cooldown.")
    if notice.held_back:
        notes.append(f"{notice.held_back} notifications before this one were held back by the channel's rate limit.")
    if possible_duplicate:
        notes.append("This may be a duplicate: an earlier attempt was not confirmed.")
    return notes


def _links(job: Job) -> list[tuple[str, str]]:
    found = []
    if job.acknowledge_url and job.notice.state == "firing":
        found.append(("Acknowledge", job.acknowledge_url))
    if job.dashboard_url:
        found.append(("Dashboard", job.dashboard_url))
    if job.notice.runbook_url:
        found.append(("Runbook", job.notice.runbook_url))
    return found


def _lasted(notice: Notice) -> str:
    began = notice.fired_at if notice.fired_at is not None else notice.pending_since
    if began is None:
        return ""
    end = notice.at if notice.resolved_at is None else notice.resolved_at
    return write_span((end - began) / 1000)


def _clock(instant: int, zone: str) -> str:
    moment: datetime = to_datetime(instant).astimezone(ZoneInfo(zone))
    return moment.strftime("%Y-%m-%d %H:%M:%S %Z")
