"""The JSON form of a report: the specification's fields first, as named there; what goes beyond them behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.domain.alert_form import show_alert
from chalicelib.domain.instants import to_iso
from chalicelib.domain.names import ACTIVE_USERS
from chalicelib.domain.recommendation_rules import write_impact
from chalicelib.domain.report_ranges import ReportRange
from chalicelib.domain.report_verdict import title_of, verdict_of
from chalicelib.domain.reports import APDEX_THRESHOLD, FIGURES, AlertStatistics, EndpointFigures, Impact, Report
from chalicelib.domain.trends import ALPHA, LEAST_PAIRS, LEAST_PERCENT, Trend

SHOWN_HOSTS = 10


def show_report(report: Report) -> dict[str, Any]:
    """Everything a report says."""
    statistics = report.response_times
    return {
        **_dates(report.range),
        "metrics": _figures(report.figures),
        "trends": [_trend(trend) for trend in report.trends],
        "alerts": [show_alert(episode) for episode in report.alerts],
        "recommendations": [each.message for each in report.recommendations],
        "title": title_of(report),
        "verdict": str(verdict_of(report)),
        "timezone": report.range.zone.key,
        "generatedAt": to_iso(report.generated_at),
        "notes": list(report.notes),
        "recommendationDetails": [
            {"id": each.id, "message": each.message, "severity": str(each.severity), "evidence": dict(each.evidence)}
            for each in report.recommendations
        ],
        "responseTime": {
            "p50": rounded(statistics.p50),
            "p95": rounded(statistics.p95),
            "p99": rounded(statistics.p99),
            "apdex": None if statistics.apdex is None else round(statistics.apdex, 3),
            "apdexThreshold": APDEX_THRESHOLD,
        },
        "previousPeriod": _dates(report.range.before()) | {"metrics": _figures(report.previous)},
        "trendTest": {
            "name": "Wilcoxon signed-rank over paired blocks of both periods",
            "alpha": ALPHA,
            "leastChangePercent": LEAST_PERCENT,
            "leastPairs": LEAST_PAIRS,
        },
        "series": {
            "step": report.range.step_name,
            "points": [{"from": to_iso(step.begins), **_figures(step.figures)} for step in report.steps],
        },
        "slowestEndpoints": [_endpoint(each) for each in report.slowest],
        "failingEndpoints": [_endpoint(each) for each in report.failing],
        "busiestHosts": [
            {
                "host": each.host,
                "cpuUsage": rounded(each.cpu),
                "cpuUsageP95": rounded(each.cpu_p95),
                "memoryUsage": rounded(each.memory),
            }
            for each in report.hosts[:SHOWN_HOSTS]
        ],
        "alertStatistics": _statistics(report.alert_statistics),
        "forecasts": [
            {
                "host": each.host,
                "mount": each.mount,
                "diskUsage": rounded(each.percent),
                "percentPerDay": rounded(each.percent_a_day),
                "daysUntilFull": round(each.days, 1),
                "daysEarliest": round(each.earliest, 1),
                "daysLatest": round(each.latest, 1),
                "confidence": each.confidence,
            }
            for each in report.forecasts
        ],
        "businessImpact": [_impact(each) for each in report.impacts],
        "coverage": {
            "percent": round(report.coverage.percent, 2),
            "gaps": [{"from": to_iso(start), "to": to_iso(end)} for start, end in report.coverage.gaps],
            "metrics": {name: round(percent, 2) for name, percent in report.coverage.by_metric.items()},
        },
    }


def rounded(value: float | None) -> float | int | None:
    """At most two decimals; 245.0 is written 245."""
    if value is None:
        return None
    short = round(value, 2)
    return int(short) if short == int(short) else short


def _dates(ranges: ReportRange) -> dict[str, str]:
    return {
        "period": str(ranges.period),
        "startDate": to_iso(ranges.start),
        "endDate": to_iso(ranges.end - 1),
    }


def _figures(figures: Mapping[str, float | None]) -> dict[str, float | int | None]:
    shown = {name: rounded(figures.get(metric)) for metric, (name, _) in FIGURES.items()}
    users = figures.get(ACTIVE_USERS)
    return shown | {"activeUsers": None if users is None else round(users)}


def _trend(trend: Trend) -> dict[str, Any]:
    return {
        "metricType": trend.metric_type,
        "trend": str(trend.direction),
        "changePercent": None if trend.change_percent is None else rounded(round(trend.change_percent, 1)),
        "judgement": str(trend.judgement),
        "previous": rounded(trend.previous),
        "current": rounded(trend.current),
        "pairs": trend.pairs,
        "pValue": None if trend.p_value is None else round(trend.p_value, 4),
    }


def _endpoint(each: EndpointFigures) -> dict[str, Any]:
    return {
        "endpoint": each.endpoint,
        "requests": each.requests,
        "averageResponseTime": rounded(each.average),
        "p95": rounded(each.p95),
        "errorRate": rounded(each.error_rate),
    }


def _statistics(found: AlertStatistics) -> dict[str, Any]:
    return {
        "fired": found.fired,
        "acknowledged": found.acknowledged,
        "resolved": found.resolved,
        "medianSecondsToAcknowledge": rounded(found.seconds_to_acknowledge),
        "medianSecondsToResolve": rounded(found.seconds_to_resolve),
        "noisiestRules": [
            {
                "ruleId": each.rule_id,
                "ruleName": each.rule_name,
                "fired": each.fired,
                "acknowledged": each.acknowledged,
                "resolvedUnderFiveMinutes": each.short,
                "suggestedFix": None
                if each.fix is None
                else {"duration": each.fix.duration, "wouldHaveFired": each.fix.would_have_fired},
            }
            for each in found.noisiest
        ],
    }


def _impact(each: Impact) -> dict[str, Any]:
    p_value = float(f"{each.p_value:.2g}")
    sentence = write_impact(each.performance, each.business, each.rho, each.lag_minutes)
    evidence = f"rho {each.rho:.2f}, p = {p_value:g}, n = {each.buckets}"
    return {
        "performance": each.performance,
        "business": each.business,
        "rho": round(each.rho, 2),
        "lagMinutes": each.lag_minutes,
        "pValue": p_value,
        "n": each.buckets,
        "sentence": f"{sentence} ({evidence})",
    }
