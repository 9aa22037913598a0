"""Alert rules: what is judged, when it fires, whom it tells."""

from __future__ import annotations

from chalicelib.api.openapi.schema import (
    Operation,
    Schema,
    array,
    body,
    flag,
    instant,
    number,
    one_of,
    or_null,
    page,
    record,
    ref,
    text,
    whole,
)
from chalicelib.api.openapi.shared import CHANNELS, METRIC_TYPE, SELECTION, SEVERITY, TAGS
from chalicelib.domain.conditions import Operator
from chalicelib.domain.rules import Match, NoData
from chalicelib.domain.series import MAX_TAG_KEY

DAY, WEEK, MONTH = 86_400, 604_800, 2_592_000
_ATOM = {
    "metricType": METRIC_TYPE,
    "condition": one_of(Operator, "What is compared with what"),
    "threshold": number(),
    "thresholdHigh": number("With outside_range: the upper end"),
    "recoveryThreshold": number("Clear only beyond this one"),
    "aggregation": text("avg, min, max, sum, count, last, stddev, p95 …, rate, increase, hosts", maxLength=20),
    "window": whole("Seconds that are looked at", least=1, most=DAY),
    "tags": SELECTION,
    "compareTo": whole("With percent_increase and percent_decrease: seconds back", least=1, most=MONTH),
}
_STEP = body(
    {"after": whole("Seconds since it fired", least=1, most=WEEK), "channels": CHANNELS},
)
_RULE = {
    **_ATOM,
    "conditions": array(body({}, _ATOM), "Several conditions instead of one", minItems=1, maxItems=10),
    "match": one_of(Match),
    "groupBy": array(text(maxLength=MAX_TAG_KEY), "One alert a group", maxItems=5),
    "duration": whole("Seconds it must hold before it fires", least=0, most=WEEK),
    "keepFiringFor": whole("Resolved only after so many seconds", least=0, most=WEEK),
    "noData": one_of(NoData),
    "severity": SEVERITY,
    "enabled": flag(),
    "recipients": array(text(), "Addresses, or channels by id", maxItems=50),
    "channels": CHANNELS,
    "escalation": array(_STEP, minItems=1, maxItems=10),
    "cooldownPeriod": whole("Seconds after it resolved in which the next one is not told", least=0, most=MONTH),
    "repeatInterval": whole("Seconds until it is told again; 0 = never", least=0, most=MONTH),
    "groupWait": whole("Seconds in which alerts of this rule are gathered into one message", least=0, most=3600),
    "description": text(maxLength=4000),
    "runbookUrl": text(maxLength=2000),
}
_NAME = text(minLength=1, maxLength=200)
_SHOWN_ATOM = {
    "metricType": text(),
    "condition": one_of(Operator),
    "threshold": number(),
    "aggregation": text(),
    "window": whole(),
    "tags": TAGS,
}
_SHOWN_ATOM_EXTRAS = {"thresholdHigh": number(), "recoveryThreshold": number(), "compareTo": whole()}
_WRITTEN = {
    "name": text(),
    "groupBy": array(text()),
    "duration": whole(),
    "keepFiringFor": whole(),
    "noData": or_null(one_of(NoData)),
    "severity": SEVERITY,
    "enabled": flag(),
    "recipients": array(text()),
    "channels": array(text()),
    "escalation": or_null(array(record({"after": whole(), "channels": array(text())}))),
    "cooldownPeriod": or_null(whole()),
    "repeatInterval": whole(),
    "groupWait": whole(),
    "description": text(),
    "runbookUrl": text(),
}
_WRITTEN_EXTRAS = {
    **_SHOWN_ATOM,
    **_SHOWN_ATOM_EXTRAS,
    "conditions": array(record(_SHOWN_ATOM, _SHOWN_ATOM_EXTRAS)),
    "match": one_of(Match),
}
SCHEMAS: dict[str, Schema] = {
    "RuleInput": body(
        {"name": _NAME}, _RULE, "A rule: either metricType, condition and threshold, or several conditions"
    ),
    "RuleChange": body({}, {"name": _NAME, **_RULE}, "The fields to change; null sets one back to its default"),
    "WrittenRule": record(_WRITTEN, _WRITTEN_EXTRAS),
    "Rule": record(
        {
            "id": text(),
            **_WRITTEN,
            "version": whole(),
            "createdAt": instant(),
            "updatedAt": instant(),
            "lastError": or_null(text("Why it could not be judged last")),
            "lastErrorAt": or_null(instant()),
        },
        _WRITTEN_EXTRAS,
    ),
}

_CHANGE = Operation({200: ref("Rule")}, ref("RuleChange"), errors=(404, 409), is_versioned=True)
OPERATIONS: dict[str, Operation] = {
    "POST /monitoring/alerts/rules": Operation(
        {201: ref("Rule"), 200: {**ref("WrittenRule"), "description": "With dryRun=true: what it would be"}},
        ref("RuleInput"),
        is_versioned=True,
    ),
    "GET /monitoring/alerts/rules": Operation({200: page("rules", ref("Rule"))}, parameters={"enabled": flag()}),
    "GET /monitoring/alerts/rules/{rule_id}": Operation({200: ref("Rule")}, errors=(404,), is_versioned=True),
    "PUT /monitoring/alerts/rules/{rule_id}": _CHANGE,
    "PATCH /monitoring/alerts/rules/{rule_id}": _CHANGE,
    "DELETE /monitoring/alerts/rules/{rule_id}": Operation({204: None}, errors=(404, 409), is_versioned=True),
}
