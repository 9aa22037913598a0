"""An alert as a webhook's JSON."""

from __future__ import annotations

from typing import Any

from chalicelib.domain.instants import to_iso
from chalicelib.domain.jobs import Job, Notice
from chalicelib.rendering.words import compose


def payload(job: Job, *, possible_duplicate: bool) -> dict[str, Any]:
    """What a receiver gets; fields are added over time, never changed."""
    notice = job.notice
    message = compose(job, possible_duplicate=possible_duplicate)
    shown: dict[str, Any] = {
        "type": f"alert.{notice.reason}",
        "timestamp": to_iso(notice.at),
        "notificationId": job.id,
        "reason": notice.reason,
        "subject": message.subject,
        "text": message.headline,
        "possibleDuplicate": possible_duplicate,
        "heldBack": notice.held_back,
        "flaps": notice.flaps,
        "links": {label.lower(): url for label, url in message.links},
    }
    if notice.alert_id:
        shown["alert"] = _alert(notice)
    if job.others:
        shown["alerts"] = [_alert(each) for each in (notice, *(other.notice for other in job.others))]
    return shown


def _alert(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.alert_id,
        "ruleId": notice.rule_id,
        "ruleName": notice.rule_name,
        "metricType": notice.metric_type,
        "severity": notice.severity,
        "state": notice.state,
        "tags": dict(notice.tags),
        "value": notice.value,
        "unit": notice.unit,
        "threshold": notice.threshold,
        "message": notice.message,
        "pendingSince": _iso(notice.pending_since),
        "firedAt": _iso(notice.fired_at),
        "resolvedAt": _iso(notice.resolved_at),
        "resolvedReason": notice.resolved_reason,
        "acknowledgedBy": notice.acknowledged_by,
        "description": notice.description,
    }


def _iso(instant: int | None) -> str | None:
    return None if instant is None else to_iso(instant)
