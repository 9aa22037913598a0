"""Silences and maintenance windows: when alerts are not told."""

from __future__ import annotations

from chalicelib.api.openapi.schema import (
    Operation,
    Schema,
    any_of,
    array,
    body,
    instant,
    moment,
    or_null,
    page,
    record,
    ref,
    text,
    whole,
)
from chalicelib.api.openapi.shared import COMMENT, SELECTION, SEVERITIES, SEVERITY, ZONE
from chalicelib.domain.silence_form import MAX_WINDOW_SECONDS

_SCOPE = {
    "ruleId": text(maxLength=100),
    "metricType": text('A name, or "~pattern"', maxLength=515),
    "severity": SEVERITIES,
    "tags": SELECTION,
}
_SHOWN_SCOPE = {
    "ruleId": or_null(text()),
    "metricType": or_null(text()),
    "severity": or_null(array(SEVERITY)),
    "tags": or_null(SELECTION),
}
_SPAN = record({"startsAt": instant(), "endsAt": instant()})
_NULL: Schema = {"type": "null"}

SCHEMAS: dict[str, Schema] = {
    "SilenceInput": body(
        {"endsAt": moment("Within a year")}, {**_SCOPE, "startsAt": moment("Now if left out"), "comment": COMMENT}
    ),
    "Silence": record(
        {
            "id": text(),
            "startsAt": instant(),
            "endsAt": instant(),
            "author": text(),
            "comment": text(),
            **_SHOWN_SCOPE,
        }
    ),
    "MaintenanceWindowInput": body(
        {
            "start": text("When it begins, as cron: `0 2 * * sun`", maxLength=100),
            "duration": whole("Seconds", least=60, most=MAX_WINDOW_SECONDS),
        },
        {**_SCOPE, "timeZone": ZONE, "comment": COMMENT},
    ),
    "MaintenanceWindow": record(
        {
            "id": text(),
            "start": text(),
            "duration": whole(),
            "timeZone": text(),
            "author": text(),
            "comment": text(),
            "validFrom": instant(),
            "validUntil": or_null(instant()),
            **_SHOWN_SCOPE,
            "next": any_of(_SPAN, _NULL),
        }
    ),
}

_WINDOW = ref("MaintenanceWindow")
OPERATIONS: dict[str, Operation] = {
    "POST /monitoring/silences": Operation({201: ref("Silence")}, ref("SilenceInput")),
    "POST /monitoring/silences/preview": Operation({200: page("alerts", ref("Alert"))}, ref("SilenceInput")),
    "GET /monitoring/silences": Operation({200: page("silences", ref("Silence"))}),
    "GET /monitoring/silences/{silence_id}": Operation({200: ref("Silence")}, errors=(404,)),
    "DELETE /monitoring/silences/{silence_id}": Operation({200: ref("Silence")}, errors=(404,)),
    "POST /monitoring/maintenance-windows": Operation({201: _WINDOW}, ref("MaintenanceWindowInput")),
    "POST /monitoring/maintenance-windows/preview": Operation(
        {
            200: record(
                {
                    "alerts": array(ref("Alert")),
                    "occurs": any_of(_SPAN, _NULL),
                    "next": or_null(text()),
                }
            )
        },
        ref("MaintenanceWindowInput"),
    ),
    "GET /monitoring/maintenance-windows": Operation({200: page("maintenanceWindows", _WINDOW)}),
    "GET /monitoring/maintenance-windows/{window_id}": Operation({200: _WINDOW}, errors=(404,)),
    "DELETE /monitoring/maintenance-windows/{window_id}": Operation({200: _WINDOW}, errors=(404,)),
}
