"""The JSON form of alerts and of what they went through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.alerts import State
from chalicelib.domain.episodes import Episode
from chalicelib.domain.instants import to_iso
from chalicelib.domain.rules import Severity


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts of the history are meant; None and empty = all. `start` <= pending since < `end`, epoch ms.

    `fired`: those that came to fire from the one instant until before the other.
    """

    states: Sequence[State] = ()
    rule_id: str | None = None
    metric_type: str | None = None
    severity: Severity | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    start: int | None = None
    end: int | None = None
    fired: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of an alert's timeline: a transition, who caused it (None = the service), and what was seen."""

    at: int
    source: State | None
    target: State
    reason: str | None
    actor: str | None
    evidence: Mapping[str, Any] = field(default_factory=dict)


def show_alert(episode: Episode) -> dict[str, Any]:
    """An alert as every list shows it."""
    alert, acknowledgement = episode.alert, episode.acknowledgement
    return {
        "id": alert.id,
        "ruleId": episode.rule_id,
        "ruleName": episode.rule_name,
        "metricType": episode.metric_type,
        "severity": str(episode.severity),
        "state": str(alert.state),
        "tags": dict(episode.tags),
        "value": episode.value,
        "unit": episode.unit,
        "threshold": episode.threshold,
        "message": episode.message,
        "pendingSince": to_iso(alert.pending_since),
        "firedAt": _iso(alert.fired_at),
        "acknowledgedAt": None if acknowledgement is None else to_iso(acknowledgement.at),
        "acknowledgedBy": None if acknowledgement is None else acknowledgement.by,
        "acknowledgementComment": None if acknowledgement is None else acknowledgement.comment,
        "acknowledgementExpiresAt": None if acknowledgement is None else _iso(acknowledgement.expires_at),
        "resolvedAt": _iso(alert.resolved_at),
        "resolvedReason": None if alert.resolved_reason is None else str(alert.resolved_reason),
        "resolvedBy": episode.resolved_by,
        "version": episode.version,
    }


def show_step(step: Step) -> dict[str, Any]:
    """One entry of the timeline."""
    return {
        "at": to_iso(step.at),
        "from": None if step.source is None else str(step.source),
        "to": str(step.target),
        "reason": step.reason,
        "by": step.actor,
        "evidence": dict(step.evidence),
    }


def _iso(instant: int | None) -> str | None:
    return None if instant is None else to_iso(instant)
