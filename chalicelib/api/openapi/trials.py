"""Trying rules before they count, and what they saw after."""

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
from chalicelib.api.openapi.shared import METRIC_TYPE, TAGS
from chalicelib.domain.series import MAX_UNIT

DAY = 86_400
_TRIAL = {
    "ruleId": text("A rule that exists", maxLength=100),
    "rule": {**ref("RuleInput"), "description": "Or one that is tried"},
    "from": moment("A day before `to` if left out; relative like -7d"),
    "to": moment("Now if left out"),
}
_COUNTS = {"firings": whole(), "pages": whole(), "dropped": whole(), "flaps": whole(), "minutesFiring": number()}
_CHOICE = record(
    {
        "threshold": number(),
        "duration": whole(),
        "pagesPerWeek": number(),
        "likelyAtMost": number(),
        "minutesFiring": number(),
        "fits": flag(),
    }
)
_STATE = one_of(("pending", "firing", "resolved"))

SCHEMAS: dict[str, Schema] = {
    "Transition": record(
        {"at": instant(), "from": or_null(_STATE), "to": or_null(_STATE), "reason": or_null(text())},
    ),
    "Backtest": record(
        {
            "from": instant(),
            "to": instant(),
            "evaluations": whole(),
            "approximate": flag("On five-minute rollups, because samples have been let go"),
            **_COUNTS,
            "groups": array(
                record(
                    {
                        "tags": TAGS,
                        **_COUNTS,
                        "told": mapping(whole(), "Messages by reason"),
                        "transitions": array(ref("Transition")),
                        "truncated": flag(),
                    }
                )
            ),
        }
    ),
    "Suggestion": _CHOICE,
    "RuleTest": body(
        {
            "rule": ref("RuleInput"),
            "series": array(
                body(
                    {"metricType": METRIC_TYPE, "values": text("Like `40x3 95x5 _x2`", maxLength=100_000)},
                    {
                        "tags": TAGS,
                        "unit": text(maxLength=MAX_UNIT),
                        "kind": one_of(("sampled", "event")),
                    },
                ),
                minItems=1,
                maxItems=100,
            ),
            "expect": array(
                body(
                    {"at": whole("Seconds", least=0, most=DAY)},
                    {"state": text("pending, firing or none", maxLength=10), "tags": TAGS},
                ),
                minItems=1,
                maxItems=200,
            ),
        },
        {"interval": whole("Seconds between values", least=1, most=3600)},
    ),
}


OPERATIONS: dict[str, Operation] = {
    "GET /monitoring/alerts/rules/{rule_id}/evaluations": Operation(
        {
            200: record(
                {
                    "ruleId": text(),
                    "units": array(text(), "Of each condition's values"),
                    "groups": array(
                        record(
                            {
                                "tags": TAGS,
                                "evaluations": array(
                                    record(
                                        {
                                            "at": instant(),
                                            "verdict": one_of(("clear", "no_data", "unknown", "breached")),
                                            "values": array(or_null(number())),
                                        }
                                    )
                                ),
                            }
                        )
                    ),
                }
            )
        },
        parameters={"count": whole("How many instants", least=1, most=360)},
        errors=(404,),
    ),
    "POST /monitoring/alerts/rules/backtest": Operation({200: ref("Backtest")}, body({}, _TRIAL), errors=(404,)),
    "POST /monitoring/alerts/rules/suggest": Operation(
        {
            200: record(
                {
                    "suggestion": any_of(ref("Suggestion"), {"type": "null"}),
                    "message": or_null(text()),
                    "weeksOfData": number(),
                    "curve": array(ref("Suggestion"), "What others would cost"),
                }
            )
        },
        body({}, {**_TRIAL, "pagesPerWeek": number("At most so many", minimum=0.01, maximum=10_000)}),
        errors=(404,),
    ),
    "POST /monitoring/alerts/rules/test": Operation(
        {
            200: record(
                {
                    "passed": flag(),
                    "expectations": array(
                        record(
                            {
                                "at": whole(),
                                "tags": TAGS,
                                "expected": or_null(text()),
                                "found": or_null(text()),
                                "passed": flag(),
                            }
                        )
                    ),
                }
            )
        },
        ref("RuleTest"),
    ),
    "POST /monitoring/alerts/rules/import": Operation(
        {
            200: page(
                "rules",
                record(
                    {
                        "name": text(),
                        "rule": or_null(mapping({}, "As it would be created")),
                        "notes": array(text()),
                        "reason": or_null(text("Why it cannot be a rule here")),
                    }
                ),
            )
        },
        mapping({}, "A Prometheus rules file as JSON: `groups`"),
    ),
}
