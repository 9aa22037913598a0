"""Channels, through which alerts are told, and targets, from which metrics are pulled."""

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
    number,
    one_of,
    or_null,
    page,
    record,
    ref,
    text,
    whole,
)
from chalicelib.api.openapi.shared import SELECTION, SEVERITIES, SEVERITY, ZONE
from chalicelib.domain.channel_form import MAX_RATE
from chalicelib.domain.relabelling import RelabelAction
from chalicelib.domain.targets import TargetType

_TYPES = ("email", "slack", "webhook", "pagerduty", "teams")
_NAME = text(minLength=1, maxLength=100)
_CHANNEL = {
    "config": mapping(
        {},
        "email: `to`; slack: `url`, or `token` and `channel`; webhook: `url`, `secret`, `headers`;"
        " pagerduty: `routingKey`; teams: `url`",
    ),
    "enabled": flag(),
    "defaults": body({}, {"severity": SEVERITIES, "tags": SELECTION}, "Tell alerts of rules that name nobody"),
    "quietHours": body(
        {"from": text("Like 22:00"), "to": text("Like 07:00")},
        {"timeZone": ZONE, "severity": SEVERITIES},
    ),
    "rateLimit": whole("Messages an hour; 0 = no limit", least=0, most=MAX_RATE),
}
_RECORD = {"version": whole(), "createdAt": instant(), "updatedAt": instant()}
_SECRETS = array(text(), "Which secrets are kept; never what they are")
_TARGET = {
    "url": text("prometheus: where its page is", maxLength=2000),
    "bearerToken": text("Kept sealed", maxLength=4000),
    "headers": mapping(text(), "Kept sealed"),
    "region": text("cloudwatch", maxLength=30),
    "period": whole("cloudwatch: seconds", least=60, most=86_400),
    "delay": whole("cloudwatch: seconds that metrics take to be complete", least=0, most=3600),
    "queries": array(
        body(
            {"namespace": text(maxLength=255), "metrics": array(text(), minItems=1, maxItems=500)},
            {"statistics": array(text(), maxItems=20), "dimensions": mapping(text())},
        ),
        minItems=1,
        maxItems=500,
    ),
    "enabled": flag(),
    "interval": whole("Seconds, a multiple of ten", least=10, most=86_400),
    "timeout": whole("Seconds", least=1, most=30),
    "labels": mapping(text(maxLength=256), "Tags that every sample gets"),
    "relabel": array(
        body(
            {
                "action": one_of(RelabelAction),
                "sourceLabels": array(text(), minItems=1, maxItems=10),
                "regex": text(maxLength=1000),
            },
            {"separator": text(maxLength=10)},
        ),
        maxItems=20,
    ),
    "sampleLimit": whole("A page with more is not taken", least=1, most=50_000),
}

SCHEMAS: dict[str, Schema] = {
    "ChannelInput": body({"name": _NAME, "type": one_of(_TYPES)}, _CHANNEL),
    "ChannelChange": body({}, {"name": _NAME, "type": one_of(_TYPES, "Cannot be changed"), **_CHANNEL}),
    "Channel": record(
        {
            "id": text(),
            "name": text(),
            "type": text(),
            "config": mapping({}),
            "enabled": flag(),
            "defaults": any_of(record({"severity": array(SEVERITY), "tags": SELECTION}), {"type": "null"}),
            "quietHours": any_of(
                record({"from": text(), "to": text(), "timeZone": text(), "severity": array(SEVERITY)}),
                {"type": "null"},
            ),
            "rateLimit": whole(),
            "secrets": _SECRETS,
            "disabledReason": or_null(text()),
            "lastError": or_null(text()),
            "lastErrorAt": or_null(instant()),
            "lastSentAt": or_null(instant()),
            **_RECORD,
        },
        {"made": mapping(text(), "Secrets that were made, shown this once")},
    ),
    "TargetInput": body({"name": _NAME, "type": one_of(TargetType)}, _TARGET),
    "TargetChange": body({}, {"name": _NAME, "type": one_of(TargetType, "Cannot be changed"), **_TARGET}),
    "Target": record(
        {
            "id": text(),
            "name": text(),
            "type": one_of(TargetType),
            "enabled": flag(),
            "interval": whole(),
            "timeout": whole(),
            "labels": mapping(text()),
            "relabel": array(mapping({})),
            "sampleLimit": whole(),
            "secrets": _SECRETS,
            "state": one_of(("up", "down", "unknown")),
            "lastScrape": any_of(
                record(
                    {
                        "at": instant(),
                        "error": or_null(text()),
                        "samples": whole(),
                        "rejected": whole(),
                        "durationSeconds": number(),
                    }
                ),
                {"type": "null"},
            ),
            "lastUpAt": or_null(instant()),
            **_RECORD,
        },
        {
            "url": text(),
            "region": text(),
            "period": whole(),
            "delay": whole(),
            "queries": array(mapping({})),
        },
    ),
}

_CHANGE_CHANNEL = Operation({200: ref("Channel")}, ref("ChannelChange"), errors=(404, 409), is_versioned=True)
_CHANGE_TARGET = Operation({200: ref("Target")}, ref("TargetChange"), errors=(404, 409), is_versioned=True)
OPERATIONS: dict[str, Operation] = {
    "POST /monitoring/channels": Operation(
        {201: ref("Channel")}, ref("ChannelInput"), errors=(409,), is_versioned=True
    ),
    "GET /monitoring/channels": Operation({200: page("channels", ref("Channel"))}),
    "GET /monitoring/channels/{channel_id}": Operation({200: ref("Channel")}, errors=(404,), is_versioned=True),
    "PUT /monitoring/channels/{channel_id}": _CHANGE_CHANNEL,
    "PATCH /monitoring/channels/{channel_id}": _CHANGE_CHANNEL,
    "DELETE /monitoring/channels/{channel_id}": Operation({204: None}, errors=(404, 409), is_versioned=True),
    "POST /monitoring/channels/{channel_id}/test": Operation(
        {202: record({"notificationId": text("Where to read what became of it")})}, errors=(404,)
    ),
    "POST /monitoring/targets": Operation({201: ref("Target")}, ref("TargetInput"), errors=(409,), is_versioned=True),
    "GET /monitoring/targets": Operation({200: page("targets", ref("Target"))}),
    "GET /monitoring/targets/{target_id}": Operation({200: ref("Target")}, errors=(404,), is_versioned=True),
    "PUT /monitoring/targets/{target_id}": _CHANGE_TARGET,
    "PATCH /monitoring/targets/{target_id}": _CHANGE_TARGET,
    "DELETE /monitoring/targets/{target_id}": Operation({204: None}, errors=(404, 409), is_versioned=True),
}
