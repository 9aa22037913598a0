"""The rules behind recommendations that speak of monitoring itself: data, alerts, set-up; its name is the id."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.domain.names import CPU_USAGE, DISK_USAGE, ERROR_RATE, MEMORY_USAGE, RESPONSE_TIME
from chalicelib.domain.report_ranges import DAY
from chalicelib.domain.reports import Recommendation, Report
from chalicelib.domain.rules import Severity

COVERAGE_LEAST = 95.0
NOISY_FIRINGS, NOISY_SHARE = 5, 0.5
# The set-up is the present one: nothing to tell the reader of a report on last year.
RECENT_MS = 45 * DAY
# What a rule should watch once it is recorded.
WORTH_A_RULE = {
    RESPONSE_TIME: "response_time greater_than 1000 for 300 seconds",
    ERROR_RATE: "error_rate greater_than 5 for 180 seconds",
    MEMORY_USAGE: "memory_usage greater_than 90 for 600 seconds, by host",
    DISK_USAGE: "disk_usage greater_than 90 for 600 seconds, by host and mount",
    CPU_USAGE: "cpu_usage greater_than 90 for 900 seconds, by host",
}
Found = Iterator[Recommendation]


def no_data(report: Report) -> Found:
    """Nothing at all was recorded."""
    if not report.coverage.percent:
        message = (
            "Nothing was recorded in this period: start the agent, or send metrics to POST /api/monitoring/metrics"
        )
        yield Recommendation("no_data", message, Severity.HIGH)


def data_missing(report: Report) -> Found:
    """There are gaps: figures speak for the rest only."""
    if not 0 < report.coverage.percent < COVERAGE_LEAST:
        return
    message = (
        f"Data is missing for {100 - report.coverage.percent:.1f}% of the time: the figures speak for the rest only"
    )
    evidence = {"coveragePercent": round(report.coverage.percent, 1), "gaps": len(report.coverage.gaps)}
    yield Recommendation("data_missing", message, Severity.MEDIUM, evidence)


def rule_noisy(report: Report) -> Found:
    """A rule fires often for alerts that are over at once: a longer duration, tried on them, would help."""
    for rule in report.alert_statistics.noisiest:
        if rule.fired < NOISY_FIRINGS or rule.short < NOISY_SHARE * rule.fired or rule.fix is None:
            continue
        message = (
            f"{rule.rule_name!r} fired {rule.fired} times, {rule.short} times for less than five minutes: "
            f"with a duration of {rule.fix.duration} seconds it would have fired {rule.fix.would_have_fired} times"
        )
        evidence = {
            "ruleId": rule.rule_id,
            "fired": rule.fired,
            "resolvedUnderFiveMinutes": rule.short,
            "duration": rule.fix.duration,
            "wouldHaveFired": rule.fix.would_have_fired,
        }
        yield Recommendation("rule_noisy", message, Severity.MEDIUM, evidence)


def alerts_unacknowledged(report: Report) -> Found:
    """Alerts fire and nobody takes them up."""
    statistics = report.alert_statistics
    if statistics.fired >= NOISY_FIRINGS and not statistics.acknowledged:
        message = (
            f"None of {statistics.fired} alerts was acknowledged: tell the right people, or drop what nobody needs"
        )
        yield Recommendation("alerts_unacknowledged", message, Severity.MEDIUM, {"fired": statistics.fired})


def alerts_reach_nobody(report: Report) -> Found:
    """No rule has anybody to tell."""
    if _is_recent(report) and report.setup.enabled_rules and not report.setup.telling_rules:
        message = "Alerts reach nobody: no enabled rule has a recipient or a channel; set ALERT_DEFAULT_RECIPIENTS"
        evidence = {"enabledRules": report.setup.enabled_rules}
        yield Recommendation("alerts_reach_nobody", message, Severity.LOW, evidence)


def rule_missing(report: Report) -> Found:
    """Something is recorded that commonly goes wrong, and no rule watches it."""
    for metric, rule in WORTH_A_RULE.items() if _is_recent(report) else ():
        if metric in report.setup.recorded and metric not in report.setup.watched:
            message = f"No rule watches {metric}: consider {rule}"
            yield Recommendation("rule_missing", message, Severity.LOW, {"metricType": metric, "rule": rule})


def _is_recent(report: Report) -> bool:
    return report.generated_at - report.range.end < RECENT_MS
