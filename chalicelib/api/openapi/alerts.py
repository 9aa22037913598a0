"""Alerts, what was told of them, and the feed of events."""

from __future__ import annotations

from chalicelib.api.openapi.schema import (
    Operation,
    Schema,
    any_of,
    array,
    body,
    flag,
    instant,
    mapping,
    moment,
    number,
    one_of,
    or_null,
    page,
    record,
    ref,
    text,
    whole,
)
from chalicelib.api.openapi.shared import COMMENT, SEVERITY, TAGS
from chalicelib.domain.jobs import Outcome
from chalicelib.domain.ledger import Delivery
from chalicelib.domain.notifications import Reason
from chalicelib.domain.occurrences import EVENT_TYPES

_STATES = ("pending", "firing", "resolved")
_ALERT = {
    "id": text(),
    "ruleId": text(),
    "ruleName": text(),
    "metricType": text(),
    "severity": SEVERITY,
    "state": one_of(_STATES),
    "tags": TAGS,
    "value": or_null(number()),
    "unit": text(),
    "threshold": or_null(number()),
    "message": text(),
    "pendingSince": instant(),
    "firedAt": or_null(instant()),
    "acknowledgedAt": or_null(instant()),
    "acknowledgedBy": or_null(text()),
    "acknowledgementComment": or_null(text()),
    "acknowledgementExpiresAt": or_null(instant()),
    "resolvedAt": or_null(instant()),
    "resolvedReason": or_null(text()),
    "resolvedBy": or_null(text()),
    "version": whole(),
}
_ALERTS = page("alerts", ref("Alert"))
_NULL: Schema = {"type": "null"}

SCHEMAS: dict[str, Schema] = {
    "Alert": record(_ALERT),
    "TimelineStep": record(
        {
            "at": instant(),
            "from": or_null(one_of(_STATES)),
            "to": or_null(one_of(_STATES)),
            "reason": or_null(text()),
            "by": or_null(text()),
            "evidence": or_null(mapping({}, "What was seen")),
        }
    ),
    "AlertDetail": record({**_ALERT, "timeline": array(ref("TimelineStep"))}),
    "Notification": record(
        {
            "id": text(),
            "at": instant(),
            "alertId": or_null(text()),
            "ruleId": or_null(text()),
            "channelId": text(),
            "channelName": text(),
            "channelType": text(),
            "reason": one_of(Reason, "Why it was told, or was not"),
            "state": one_of(Delivery),
            "silenceId": or_null(text()),
            "flaps": whole(),
            "heldBack": whole(),
            "sentAt": or_null(instant()),
            "providerId": or_null(text("The id that the receiver's side gave it")),
            "possibleDuplicate": flag(),
            "error": or_null(text()),
            "round": whole(),
            "attempts": array(
                record(
                    {
                        "number": whole(),
                        "at": instant(),
                        "outcome": one_of(Outcome),
                        "status": or_null(whole()),
                        "providerId": or_null(text()),
                        "error": or_null(text()),
                        "tookMs": or_null(number()),
                    }
                )
            ),
        }
    ),
    "Event": record(
        {
            "id": text(),
            "type": one_of(EVENT_TYPES),
            "at": instant(),
            "data": mapping({}, "The alert or report, as the API shows it"),
        }
    ),
    "Explanation": record(
        {
            "alert": ref("Alert"),
            "at": instant(),
            "state": or_null(one_of(_STATES)),
            "because": text(),
            "evidence": any_of(ref("TimelineStep"), _NULL),
            "conditions": array(
                record(
                    {
                        "metricType": text(),
                        "condition": text(),
                        "threshold": number(),
                        "value": or_null(number()),
                        "verdict": text(),
                    }
                )
            ),
            "mutedBy": or_null(mapping({})),
            "alsoChanged": any_of(
                record(
                    {
                        "message": text(),
                        "standouts": array(
                            record(
                                {
                                    "metricType": text(),
                                    "unit": text(),
                                    "tags": TAGS,
                                    "before": number(),
                                    "now": number(),
                                    "score": number(),
                                    "perSecond": flag(),
                                }
                            )
                        ),
                    }
                ),
                _NULL,
            ),
            "told": array(ref("Notification")),
            "timeline": array(ref("TimelineStep")),
        }
    ),
}

OPERATIONS: dict[str, Operation] = {
    "GET /monitoring/alerts/active": Operation(
        {200: _ALERTS}, parameters={"state": one_of(("firing", "pending"), "pending: those about to fire as well")}
    ),
    "GET /monitoring/alerts": Operation(
        {200: _ALERTS},
        parameters={
            "state": text("pending, firing, resolved; several by commas"),
            "ruleId": text(),
            "severity": SEVERITY,
        },
    ),
    "GET /monitoring/alerts/stats": Operation(
        {
            200: record(
                {
                    "rules": array(
                        record(
                            {
                                "ruleId": text(),
                                "ruleName": text(),
                                "fired": whole(),
                                "acknowledged": whole(),
                                "resolved": whole(),
                                "resolvedUnderFiveMinutes": whole(),
                                "medianSecondsToAcknowledge": or_null(number()),
                                "medianSecondsToResolve": or_null(number()),
                            }
                        )
                    )
                }
            )
        }
    ),
    "GET /monitoring/alerts/{alert_id}": Operation({200: ref("AlertDetail")}, errors=(404,), is_versioned=True),
    "GET /monitoring/alerts/{alert_id}/explain": Operation(
        {200: ref("Explanation")}, parameters={"at": text("When; now if left out")}, errors=(404,)
    ),
    "POST /monitoring/alerts/{alert_id}/acknowledge": Operation(
        {200: ref("Alert")},
        body({}, {"comment": COMMENT, "expiresAt": moment("It counts as not acknowledged again from then on")}),
        errors=(404, 409),
        is_versioned=True,
    ),
    "POST /monitoring/alerts/{alert_id}/resolve": Operation(
        {200: ref("Alert")}, body({}, {"comment": COMMENT}), errors=(404, 409), is_versioned=True
    ),
    "GET /monitoring/events": Operation(
        {200: record({"events": array(ref("Event")), "next": text("`after` of the next call")})},
        parameters={
            "after": text("`next` of the call before; left out: nothing but where to begin"),
            "types": text("Only these, separated by commas"),
            "limit": whole(least=1, most=1000),
        },
    ),
    "GET /monitoring/notifications": Operation(
        {200: page("notifications", ref("Notification"))},
        parameters={
            "alertId": text(),
            "channelId": text(),
            "state": one_of(Delivery),
            "reason": one_of(Reason),
        },
    ),
    "GET /monitoring/notifications/{notification_id}": Operation({200: ref("Notification")}, errors=(404,)),
    "POST /monitoring/notifications/{notification_id}/retry": Operation({202: ref("Notification")}, errors=(404, 409)),
}
