"""Every named rule speaks where it should, and is silent just short of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import recommendations
from chalicelib.domain.recommendations import MOST, recommend
from chalicelib.domain.report_ranges import DAY
from chalicelib.domain.reports import (
    AlertStatistics,
    EndpointFigures,
    Forecast,
    HostFigures,
    Impact,
    Report,
    ResponseTimes,
    RuleNoise,
    Setup,
    SuggestedFix,
)
from chalicelib.domain.rules import Severity
from tests.unit.domain.reports import FULL, WEEK, report, trend

FIX = SuggestedFix(600, 3)
NOISY = (
    "'High Response Time' fired 10 times, 5 times for less than five minutes:"
    " with a duration of 600 seconds it would have fired 3 times"
)


def alerts(fired: int, short: int, fix: SuggestedFix | None = FIX, acknowledged: int = 1) -> AlertStatistics:
    """What one rule's alerts did."""
    noise = RuleNoise("r", "High Response Time", fired, acknowledged, short, fix)
    return AlertStatistics(fired, acknowledged, fired, None, None, (noise,))


# rule -> (a report that it speaks of, the same just short of it, what it says)
FIXTURES: dict[str, tuple[Report, Report, str]] = {
    "no_data": (
        report(coverage=replace(FULL, percent=0.0)),
        report(coverage=replace(FULL, percent=0.1)),
        "Nothing was recorded in this period: start the agent, or send metrics to POST /api/monitoring/metrics",
    ),
    "data_missing": (
        report(coverage=replace(FULL, percent=94.9, gaps=((0, 1),))),
        report(coverage=replace(FULL, percent=95.0)),
        "Data is missing for 5.1% of the time: the figures speak for the rest only",
    ),
    "response_time_improved": (
        report(trends=(trend("response_time", 280, 245),)),
        report(trends=(trend("response_time", 249, 245),)),
        "Response times have improved by 12.5% this week",
    ),
    "response_time_worsened": (
        report(trends=(trend("response_time", 200, 225),)),
        report(trends=(trend("response_time", 225, 200),)),
        "Response times have worsened by 12.5% this week",
    ),
    "error_rate_high": (
        report(figures={"error_rate": 5.01}, failing=(EndpointFigures("/a", 9, 1, 1, 50.0),)),
        report(figures={"error_rate": 2.0}),
        "5.01% of requests failed, most of all on /a: find out why before anything else",
    ),
    "error_rate_rising": (
        report(trends=(trend("error_rate", 0, 1.5),)),
        report(trends=(trend("error_rate", 1.5, 1.52),)),
        "The error rate has risen from none to 1.50% this week",
    ),
    "error_rate_improved": (
        report(trends=(trend("error_rate", 2, 1),)),
        report(trends=(trend("error_rate", 1, 2),)),
        "The error rate has improved by 50% this week",
    ),
    "traffic_changed": (
        report(trends=(trend("throughput", 100, 75),)),
        report(trends=(trend("throughput", 100, 76),)),
        "Traffic has fallen by 25% this week",
    ),
    "memory_near_limit": (
        report(figures={"memory_usage": 72.3}),
        report(figures={"memory_usage": 69.9}),
        "Consider optimizing memory usage as it's approaching 75%",
    ),
    "memory_exhausted": (
        report(hosts=(HostFigures("web-3", 50, 60, 90.0),)),
        report(hosts=(HostFigures("web-3", 50, 60, 89.9),)),
        "Memory on web-3 averages 90.0%: give it more, or find what holds it",
    ),
    "cpu_saturated": (
        report(hosts=(HostFigures("web-3", 80.0, 99, 50),)),
        report(hosts=(HostFigures("web-3", 79.9, 99, 50),)),
        "The processors of web-3 average 80.0%: requests wait for them",
    ),
    "host_oversized": (
        report(hosts=(HostFigures("web-3", 3, 9.9, 39.9),)),
        report(hosts=(HostFigures("web-3", 3, 9.9, 40.0), HostFigures("web-4", 3, 10.0, 20))),
        "web-3 could be smaller: its processors stay below 10% for 95% of the time, its memory averages 40%",
    ),
    "disk_filling": (
        report(forecasts=(Forecast("web-3", "/", 82, 2, 9.2, 8, 11),)),
        report(forecasts=()),
        "Disk on web-3 is full in about 9 days at the present rate",
    ),
    "endpoint_slow": (
        report(slowest=(EndpointFigures("/a", 20, 900, 1500.4),), response_times=ResponseTimes(1, 500, 2)),
        report(slowest=(EndpointFigures("/a", 20, 900, 1499),), response_times=ResponseTimes(1, 500, 2)),
        "/a is slow: one request in twenty takes over 1500ms",
    ),
    "endpoint_failing": (
        report(failing=(EndpointFigures("/a", 20, 1, 1, 5.1),)),
        report(failing=(EndpointFigures("/a", 19, 1, 1, 50.0), EndpointFigures("/b", 20, 1, 1, 5.0))),
        "/a fails in 5.1% of 20 requests",
    ),
    "rule_noisy": (
        report(alert_statistics=alerts(10, 5)),
        report(alert_statistics=alerts(10, 4)),
        NOISY,
    ),
    "alerts_unacknowledged": (
        report(alert_statistics=alerts(5, 0, acknowledged=0)),
        report(alert_statistics=alerts(5, 0, acknowledged=1)),
        "None of 5 alerts was acknowledged: tell the right people, or drop what nobody needs",
    ),
    "alerts_reach_nobody": (
        report(setup=Setup(enabled_rules=3)),
        report(setup=Setup(enabled_rules=3, telling_rules=1)),
        "Alerts reach nobody: no enabled rule has a recipient or a channel; set ALERT_DEFAULT_RECIPIENTS",
    ),
    "rule_missing": (
        report(setup=Setup(frozenset({"disk_usage"}), frozenset({"cpu_usage"}))),
        report(setup=Setup(frozenset({"disk_usage"}), frozenset({"disk_usage"}))),
        "No rule watches disk_usage: consider disk_usage greater_than 90 for 600 seconds, by host and mount",
    ),
    "business_impact": (
        report(impacts=(Impact("p95 response time", "project_created", -0.62, 15, 0.003, 168),)),
        report(impacts=()),
        "When p95 response time rises, project_created falls 15 min later",
    ),
}


def test_every_rule_has_its_fixtures() -> None:
    assert set(FIXTURES) == {rule.__name__ for rule in recommendations.RULES}


@pytest.mark.parametrize("rule", FIXTURES)
def test_a_rule_speaks_where_it_should_and_not_just_short_of_it(rule: str) -> None:
    remarkable, near, message = FIXTURES[rule]
    said = [each for each in recommend(remarkable) if each.id == rule]
    assert [each.message for each in said] == [message]
    assert rule not in [each.id for each in recommend(near)]


def test_the_gravest_comes_first_and_there_are_ten_at_most() -> None:
    hosts = tuple(HostFigures(f"h{number}", 90, 99, 95) for number in range(20))
    crowded = report(
        hosts=hosts,
        figures={"error_rate": 9.0, "memory_usage": 80},
        trends=(trend("response_time", 100, 200), trend("throughput", 100, 10)),
        alert_statistics=alerts(10, 9),
        setup=Setup(enabled_rules=1),
    )
    said = recommend(crowded)
    order = [list(Severity).index(each.severity) for each in said]
    assert len(said) == MOST
    assert said[0].id == "error_rate_high"
    assert order == sorted(order, reverse=True)
    assert said == recommend(crowded)


def test_the_set_up_of_today_is_no_news_in_a_report_on_last_year() -> None:
    old = report(setup=Setup(frozenset({"disk_usage"}), frozenset(), 3, 0), generated_at=WEEK.end + 46 * DAY)
    assert recommend(old) == ()


@pytest.mark.parametrize(("used", "limit"), [(70, 75), (74.9, 75), (75, 80), (89.9, 90)])
def test_memory_approaches_the_next_mark_above_it(used: float, limit: int) -> None:
    assert recommend(report(figures={"memory_usage": used}))[0].message.endswith(f"approaching {limit}%")


def test_what_was_nothing_before_is_not_said_to_have_changed_by_a_share_of_it() -> None:
    (found,) = recommend(report(trends=(trend("response_time", 0, 225),)))
    assert found.message == "Response times have worsened this week"
