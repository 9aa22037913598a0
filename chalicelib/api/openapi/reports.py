"""Performance reports: built now, or made on schedules and kept."""

from __future__ import annotations

from chalicelib.api.openapi.schema import (
    Operation,
    Schema,
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
from chalicelib.api.openapi.shared import SEVERITY, ZONE
from chalicelib.domain.report_ranges import Period
from chalicelib.domain.report_schedules import MAX_RECIPIENTS, MailForm
from chalicelib.domain.report_verdict import Verdict

_FIGURES = {
    name: or_null(number())
    for name in (
        "averageResponseTime",
        "errorRate",
        "throughput",
        "activeUsers",
        "systemLoad",
        "memoryUsage",
        "cpuUsage",
    )
}
_ENDPOINTS = array(
    record(
        {
            "endpoint": text(),
            "requests": number(),
            "averageResponseTime": number(),
            "p95": or_null(number()),
            "errorRate": or_null(number()),
        }
    )
)
_REPORT: dict[str, Schema] = {
    "period": one_of(Period),
    "startDate": instant(),
    "endDate": instant("Included"),
    "metrics": record(_FIGURES),
    "trends": array(
        record(
            {
                "metricType": text(),
                "trend": one_of(("increasing", "decreasing", "stable")),
                "changePercent": or_null(number()),
                "judgement": one_of(("better", "worse", "unchanged")),
                "previous": or_null(number()),
                "current": or_null(number()),
                "pairs": whole(),
                "pValue": or_null(number()),
            }
        ),
        "Of metrics with data in both periods",
    ),
    "alerts": array(mapping({}, "An alert that fired in the period"), "The worst first"),
    "recommendations": array(text()),
    "title": text(),
    "verdict": one_of(Verdict),
    "timezone": text(),
    "generatedAt": instant(),
    "notes": array(text()),
    "recommendationDetails": array(
        record({"id": text(), "message": text(), "severity": SEVERITY, "evidence": mapping({})})
    ),
    "responseTime": record(
        {
            "p50": or_null(number()),
            "p95": or_null(number()),
            "p99": or_null(number()),
            "apdex": or_null(number()),
            "apdexThreshold": number("ms"),
        }
    ),
    "previousPeriod": record(
        {"period": one_of(Period), "startDate": instant(), "endDate": instant(), "metrics": record(_FIGURES)}
    ),
    "trendTest": record(
        {"name": text(), "alpha": number(), "leastChangePercent": number(), "leastPairs": whole()},
    ),
    "series": record({"step": text(), "points": array(record({"from": instant(), **_FIGURES}))}),
    "slowestEndpoints": _ENDPOINTS,
    "failingEndpoints": _ENDPOINTS,
    "busiestHosts": array(
        record(
            {
                "host": text(),
                "cpuUsage": or_null(number()),
                "cpuUsageP95": or_null(number()),
                "memoryUsage": or_null(number()),
            }
        )
    ),
    "alertStatistics": record(
        {
            "fired": whole(),
            "acknowledged": whole(),
            "resolved": whole(),
            "medianSecondsToAcknowledge": or_null(number()),
            "medianSecondsToResolve": or_null(number()),
            "noisiestRules": array(mapping({})),
        }
    ),
    "forecasts": array(
        record(
            {
                "host": text(),
                "mount": text(),
                "diskUsage": number(),
                "percentPerDay": number(),
                "daysUntilFull": number(),
                "daysEarliest": or_null(number()),
                "daysLatest": or_null(number()),
                "confidence": text(),
            }
        )
    ),
    "businessImpact": array(
        record(
            {
                "performance": text(),
                "business": text(),
                "rho": number(),
                "lagMinutes": whole(),
                "pValue": number(),
                "n": whole(),
                "sentence": text(),
            }
        )
    ),
    "coverage": record(
        {
            "percent": number(),
            "gaps": array(record({"from": instant(), "to": instant()})),
            "metrics": mapping(number(), "Percent by metric type"),
        }
    ),
}
_STORED: dict[str, Schema] = {
    "id": text(),
    "scheduleId": or_null(text()),
    "period": one_of(Period),
    "startDate": instant(),
    "endDate": instant(),
    "createdAt": instant(),
    "title": text(),
    "sentAt": or_null(instant()),
}
_SCHEDULE: dict[str, Schema] = {
    "name": text(maxLength=200),
    "timezone": ZONE,
    "hour": whole("Of the day, in its zone", least=0, most=23),
    "recipients": array(text("An address"), maxItems=MAX_RECIPIENTS),
    "format": one_of(MailForm),
    "enabled": flag(),
}
_PAGE = {"text/html": text("The same as a page that loads nothing")}

SCHEMAS: dict[str, Schema] = {
    "Report": record(_REPORT),
    "StoredReport": record({**_STORED, **{name: each for name, each in _REPORT.items() if name not in _STORED}}),
    "ReportScheduleInput": body({"period": one_of(Period)}, _SCHEDULE),
    "ReportScheduleChange": body({}, {"period": one_of(Period), **_SCHEDULE}),
    "ReportSchedule": record(
        {
            "id": text(),
            "period": one_of(Period),
            **_SCHEDULE,
            "nextDue": or_null(instant()),
            "version": whole(),
            "createdAt": instant(),
            "updatedAt": instant(),
        }
    ),
}

_CHANGE = Operation({200: ref("ReportSchedule")}, ref("ReportScheduleChange"), errors=(404, 409), is_versioned=True)
OPERATIONS: dict[str, Operation] = {
    "GET /monitoring/reports/performance": Operation(
        {200: ref("Report")},
        parameters={
            "period": one_of(Period),
            "startDate": text("A date or an instant; with it an endDate or a period"),
            "endDate": text("A date, all of it, or an instant, without it"),
            "timezone": ZONE,
            "format": one_of(("json", "html", "csv"), "Or by Accept"),
        },
        answer_media={**_PAGE, "text/csv": text("The figures over time")},
    ),
    "GET /monitoring/reports": Operation({200: page("reports", record(_STORED))}),
    "GET /monitoring/reports/{report_id}": Operation(
        {200: ref("StoredReport")},
        parameters={"format": one_of(("json", "html"), "Or by Accept")},
        answer_media=_PAGE,
        errors=(404,),
    ),
    "POST /monitoring/reports/schedules": Operation(
        {201: ref("ReportSchedule")}, ref("ReportScheduleInput"), is_versioned=True
    ),
    "GET /monitoring/reports/schedules": Operation({200: page("schedules", ref("ReportSchedule"))}),
    "GET /monitoring/reports/schedules/{schedule_id}": Operation(
        {200: ref("ReportSchedule")}, errors=(404,), is_versioned=True
    ),
    "PUT /monitoring/reports/schedules/{schedule_id}": _CHANGE,
    "PATCH /monitoring/reports/schedules/{schedule_id}": _CHANGE,
    "DELETE /monitoring/reports/schedules/{schedule_id}": Operation({204: None}, errors=(404, 409), is_versioned=True),
}
