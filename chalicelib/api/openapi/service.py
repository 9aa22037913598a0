"""The service itself: its health, hosts, tokens, sessions, the audit trail, its pages."""

from __future__ import annotations

from chalicelib.api.openapi.schema import (
    Operation,
    Schema,
    array,
    body,
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
from chalicelib.api.schemas.tokens import NewToken
from chalicelib.domain.health import Status, SystemStatus
from chalicelib.domain.hosts import HostState
from chalicelib.domain.scopes import Scope

_HOST = {
    "name": text(),
    "state": text("up, late or down"),
    "firstSeen": instant(),
    "lastSeen": instant(),
    "agentVersion": or_null(text()),
    "os": or_null(text()),
    "cores": or_null(number()),
    "memory": or_null(number()),
    "interval": or_null(number()),
}
_TOKEN = {
    "id": text(),
    "name": text(),
    "scopes": array(one_of(Scope)),
    "createdAt": instant(),
    "expiresAt": or_null(instant()),
    "lastUsedAt": or_null(instant()),
}
_COUNTS = (
    *("bufferedFrames", "drainedFrames", "drainedSamples", "lostFrames", "corruptFrames", "collidingSeries"),
    *("expiredSamples", "waitingSamples"),
)
_HOSTS_BY_STATE = record(
    {str(state): whole() for state in HostState},
    about="On the first page: how many hosts are in each state, whichever `state` asks for",
)
_HTML = {"text/html": text()}
_LINK = {"token": text("From the link in a message")}

SCHEMAS: dict[str, Schema] = {
    "SystemHealth": record(
        {
            "status": one_of(SystemStatus),
            "checks": array(
                record(
                    {"name": text(), "status": one_of(Status), "message": text()},
                    {"value": number(), "threshold": number()},
                )
            ),
        }
    ),
    "Readiness": record(
        {
            "status": one_of(("ready", "unavailable")),
            "checks": array(
                record(
                    {"name": text(), "status": one_of(("pass", "fail")), "latencyMs": number()},
                    {
                        "message": text("Why it fails"),
                        **{name: whole() for name in _COUNTS},
                        **{name: or_null(instant()) for name in ("lastLossAt", "lastDrainAt", "lastTickAt")},
                    },
                )
            ),
        }
    ),
    "Host": record(_HOST),
    "Token": record(_TOKEN),
    # Of the model that reads it.
    "NewToken": NewToken.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}"),
    "Session": record({"name": text(), "scopes": array(one_of(Scope))}, {"expiresAt": instant()}),
}

OPERATIONS: dict[str, Operation] = {
    "GET /monitoring/health/live": Operation({200: record({"status": one_of(("alive",))})}),
    "GET /monitoring/health/ready": Operation({200: ref("Readiness"), 503: ref("Readiness")}),
    "GET /monitoring/health/system": Operation({200: ref("SystemHealth")}),
    "GET /monitoring/health/history": Operation(
        {
            200: page(
                "minutes",
                record(
                    {
                        "at": instant(),
                        "status": one_of(SystemStatus),
                        "checks": array(record({"name": text(), "status": one_of(Status)}, {"value": number()})),
                    }
                ),
            )
        }
    ),
    "GET /monitoring/hosts": Operation(
        {200: page("hosts", ref("Host"), {"counts": _HOSTS_BY_STATE})},
        parameters={"state": text("up, late, down; several by commas. Left out: all")},
    ),
    "GET /monitoring/hosts/{name}": Operation({200: record({**_HOST, "alerts": array(ref("Alert"))})}, errors=(404,)),
    "DELETE /monitoring/hosts/{name}": Operation({204: None}, errors=(404,)),
    "GET /monitoring/audit": Operation(
        {
            200: page(
                "entries",
                record(
                    {
                        "id": text(),
                        "at": instant(),
                        "actor": text(),
                        "action": text(),
                        "resource": text(),
                        "resourceId": text(),
                        "before": or_null(mapping({})),
                        "after": or_null(mapping({})),
                    }
                ),
            )
        },
        parameters={"resource": text("Of this kind only: rule, channel, token, …")},
    ),
    "POST /monitoring/tokens": Operation(
        {201: record({**_TOKEN, "token": text("The secret, shown this once")})}, ref("NewToken")
    ),
    "GET /monitoring/tokens": Operation({200: page("tokens", ref("Token"))}),
    "DELETE /monitoring/tokens/{token_id}": Operation({204: None}, errors=(404, 409)),
    "POST /monitoring/sessions": Operation(
        {201: ref("Session")}, body({"token": text(maxLength=200)}), errors=(401, 403, 429)
    ),
    "GET /monitoring/sessions/current": Operation({200: ref("Session")}),
    "DELETE /monitoring/sessions/current": Operation({204: None}, errors=(409,)),
    "GET /monitoring/openapi.json": Operation({200: mapping({}, "This document")}),
    "GET /monitoring/docs": Operation({200: None}, answer_media=_HTML),
    "GET /monitoring/confirm": Operation(
        {200: None},
        parameters=_LINK,
        answer_media=_HTML,
        error_media=_HTML,
        errors=(403, 404),
    ),
    "POST /monitoring/confirm": Operation(
        {200: None},
        parameters=_LINK,
        body_media={
            "application/x-www-form-urlencoded": body({}, {"by": text(maxLength=80), "comment": text(maxLength=500)})
        },
        answer_media=_HTML,
        error_media=_HTML,
        errors=(403, 404, 409),
    ),
    "POST /integrations/slack/actions": Operation(
        {200: record({}, {"text": text()})},
        body_media={"application/x-www-form-urlencoded": mapping(text(), "As Slack sends it, signed")},
        errors=(403, 404),
    ),
    "GET /dashboard": Operation({200: None, 503: None}, answer_media=_HTML),
    "GET /dashboard/assets/{name}": Operation(
        {200: None},
        answer_media={"text/javascript": text(), "text/css": text(), "image/svg+xml": text()},
        errors=(404,),
    ),
}
