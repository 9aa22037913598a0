"""The rules behind recommendations, one function each; its name is the recommendation's id."""

from __future__ import annotations

import math
from collections.abc import Iterator

from chalicelib.domain.names import ERROR_RATE, MEMORY_USAGE, RESPONSE_TIME, THROUGHPUT
from chalicelib.domain.quantities import write_quantity
from chalicelib.domain.reports import Recommendation, Report
from chalicelib.domain.rules import Severity
from chalicelib.domain.trends import Judgement, Trend

ERROR_RATE_WARNS, ERROR_RATE_FAILS = 2.0, 5.0
MEMORY_NEAR, MEMORY_EXHAUSTED = 70.0, 90.0
CPU_SATURATED = 80.0
ENDPOINT_REQUESTS, ENDPOINT_FAILS, ENDPOINT_SLOW, SLOWER_THAN_ALL = 20, 5.0, 1000.0, 3.0
OVERSIZED_CPU, OVERSIZED_MEMORY = 10.0, 40.0
FULL_SOON_DAYS = 7.0
Found = Iterator[Recommendation]


def response_time_improved(report: Report) -> Found:
    """Requests became faster."""
    if trend := _judged(report, RESPONSE_TIME, Judgement.BETTER):
        message = f"Response times have improved{_by(trend)} {report.range.wording}"
        yield Recommendation("response_time_improved", message, Severity.LOW, _evidence(trend))


def response_time_worsened(report: Report) -> Found:
    """Requests became slower."""
    if trend := _judged(report, RESPONSE_TIME, Judgement.WORSE):
        grave = trend.change_percent is None or trend.change_percent >= 25
        message = f"Response times have worsened{_by(trend)} {report.range.wording}"
        yield Recommendation(
            "response_time_worsened", message, Severity.HIGH if grave else Severity.MEDIUM, _evidence(trend)
        )


def error_rate_high(report: Report) -> Found:
    """Too many requests fail."""
    rate = report.figures.get(ERROR_RATE)
    if rate is None or rate <= ERROR_RATE_WARNS:
        return
    fails = rate > ERROR_RATE_FAILS
    worst = f", most of all on {report.failing[0].endpoint}" if report.failing else ""
    message = f"{rate:.2f}% of requests failed{worst}: find out why before anything else"
    evidence = {"errorRate": round(rate, 2), "threshold": ERROR_RATE_FAILS if fails else ERROR_RATE_WARNS}
    yield Recommendation("error_rate_high", message, Severity.CRITICAL if fails else Severity.HIGH, evidence)


def error_rate_rising(report: Report) -> Found:
    """More requests fail than before."""
    if trend := _judged(report, ERROR_RATE, Judgement.WORSE):
        change = " from none" if trend.change_percent is None else _by(trend)
        message = f"The error rate has risen{change} to {trend.current:.2f}% {report.range.wording}"
        yield Recommendation("error_rate_rising", message, Severity.MEDIUM, _evidence(trend))


def error_rate_improved(report: Report) -> Found:
    """Fewer requests fail than before."""
    if trend := _judged(report, ERROR_RATE, Judgement.BETTER):
        message = f"The error rate has improved{_by(trend)} {report.range.wording}"
        yield Recommendation("error_rate_improved", message, Severity.LOW, _evidence(trend))


def traffic_changed(report: Report) -> Found:
    """Throughput is another than before by a quarter."""
    trend = report.trend_of(THROUGHPUT)
    if trend and trend.judgement is not Judgement.UNCHANGED and (trend.change_percent or 0) >= 25:
        verb = "grown" if trend.judgement is Judgement.BETTER else "fallen"
        message = f"Traffic has {verb}{_by(trend)} {report.range.wording}"
        severity = Severity.LOW if verb == "grown" else Severity.MEDIUM
        yield Recommendation("traffic_changed", message, severity, _evidence(trend))


def memory_near_limit(report: Report) -> Found:
    """Memory is used more and more."""
    used = report.figures.get(MEMORY_USAGE)
    if used is not None and MEMORY_NEAR <= used < MEMORY_EXHAUSTED:
        limit = 5 * (math.floor(used / 5) + 1)
        message = f"Consider optimizing memory usage as it's approaching {limit}%"
        yield Recommendation("memory_near_limit", message, Severity.LOW, {"memoryUsage": round(used, 1)})


def memory_exhausted(report: Report) -> Found:
    """A host has hardly any memory left."""
    for host in report.hosts:
        if host.memory is not None and host.memory >= MEMORY_EXHAUSTED:
            message = f"Memory on {host.host} averages {host.memory:.1f}%: give it more, or find what holds it"
            evidence = {"host": host.host, "memoryUsage": round(host.memory, 1)}
            yield Recommendation("memory_exhausted", message, Severity.HIGH, evidence)


def cpu_saturated(report: Report) -> Found:
    """A host computes all the time."""
    for host in report.hosts:
        if host.cpu is not None and host.cpu >= CPU_SATURATED:
            message = f"The processors of {host.host} average {host.cpu:.1f}%: requests wait for them"
            evidence = {"host": host.host, "cpuUsage": round(host.cpu, 1)}
            yield Recommendation("cpu_saturated", message, Severity.HIGH, evidence)


def host_oversized(report: Report) -> Found:
    """A host hardly does anything: it could be smaller."""
    for host in report.hosts:
        if host.cpu_p95 is None or host.memory is None:
            continue
        if host.cpu_p95 < OVERSIZED_CPU and host.memory < OVERSIZED_MEMORY:
            message = (
                f"{host.host} could be smaller: its processors stay below {host.cpu_p95:.0f}% for 95% of the time, "
                f"its memory averages {host.memory:.0f}%"
            )
            evidence = {"host": host.host, "cpuP95": round(host.cpu_p95, 1), "memoryUsage": round(host.memory, 1)}
            yield Recommendation("host_oversized", message, Severity.LOW, evidence)


def disk_filling(report: Report) -> Found:
    """A disk will be full soon at its present rate."""
    for forecast in report.forecasts:
        disk = "Disk" if forecast.mount in ("", "/") else f"Disk {forecast.mount}"
        days = max(1, round(forecast.days))
        message = f"{disk} on {forecast.host} is full in about {days} day{'s' * (days > 1)} at the present rate"
        evidence = {
            "percent": round(forecast.percent, 1),
            "percentADay": round(forecast.percent_a_day, 2),
            "daysEarliest": round(forecast.earliest, 1),
            "daysLatest": round(forecast.latest, 1),
            "confidence": forecast.confidence,
        }
        severity = Severity.HIGH if forecast.days <= FULL_SOON_DAYS else Severity.MEDIUM
        yield Recommendation("disk_filling", message, severity, evidence)


def endpoint_slow(report: Report) -> Found:
    """One endpoint is much slower than the rest."""
    overall = report.response_times.p95
    for endpoint in report.slowest[:3]:
        if endpoint.requests < ENDPOINT_REQUESTS or endpoint.p95 < ENDPOINT_SLOW or overall is None:
            continue
        if endpoint.p95 >= SLOWER_THAN_ALL * overall:
            ninety_fifth = write_quantity(round(endpoint.p95), "ms")
            message = f"{endpoint.endpoint} is slow: one request in twenty takes over {ninety_fifth}"
            evidence = {"endpoint": endpoint.endpoint, "p95": round(endpoint.p95, 1), "overallP95": round(overall, 1)}
            yield Recommendation("endpoint_slow", message, Severity.MEDIUM, evidence)


def endpoint_failing(report: Report) -> Found:
    """One endpoint fails more than the others."""
    for endpoint in report.failing[:3]:
        rate = endpoint.error_rate
        if rate is not None and rate > ENDPOINT_FAILS and endpoint.requests >= ENDPOINT_REQUESTS:
            message = f"{endpoint.endpoint} fails in {rate:.1f}% of {endpoint.requests} requests"
            evidence = {"endpoint": endpoint.endpoint, "errorRate": round(rate, 2), "requests": endpoint.requests}
            yield Recommendation("endpoint_failing", message, Severity.MEDIUM, evidence)


def business_impact(report: Report) -> Found:
    """The business follows performance."""
    for impact in report.impacts[:3]:
        yield Recommendation(
            "business_impact",
            write_impact(impact.performance, impact.business, impact.rho, impact.lag_minutes),
            Severity.MEDIUM if impact.rho < 0 else Severity.LOW,
            {"rho": round(impact.rho, 2), "pValue": impact.p_value, "n": impact.buckets},
        )


def write_impact(performance: str, business: str, rho: float, lag_minutes: int) -> str:
    """`When p95 response time rises, project_created falls 15 min later`."""
    later = f" {lag_minutes} min later" if lag_minutes else ""
    return f"When {performance} rises, {business} {'rises' if rho > 0 else 'falls'}{later}"


def _judged(report: Report, metric_type: str, judgement: Judgement) -> Trend | None:
    trend = report.trend_of(metric_type)
    return trend if trend is not None and trend.judgement is judgement else None


def _by(trend: Trend) -> str:
    """` by 12.5%`, ` by 12%`; nothing where there is no percentage."""
    return "" if trend.change_percent is None else f" by {round(trend.change_percent, 1):g}%"


def _evidence(trend: Trend) -> dict[str, object]:
    return {
        "previous": round(trend.previous, 2),
        "current": round(trend.current, 2),
        "pairs": trend.pairs,
        "pValue": None if trend.p_value is None else round(trend.p_value, 4),
    }
