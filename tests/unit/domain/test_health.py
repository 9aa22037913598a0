"""Health in the specification's words: messages, thresholds, and what checks come to together."""

from __future__ import annotations

import pytest

from chalicelib.domain.health import (
    ActiveAlerts,
    Check,
    HealthReport,
    Limits,
    Status,
    SystemStatus,
    active_alerts_check,
    age_check,
    error_rate_check,
    hosts_check,
    recipients_check,
    response_time_check,
    roll_up,
    show_health,
    usage_check,
)

RESPONSE = Limits(500, 1000)
NOBODY_FIRES = ActiveAlerts(0, 0, 0)
PASS, WARN, FAIL = (Check("c", status, "") for status in Status)


def test_the_example_of_the_specification_is_written_as_there() -> None:
    checks = (
        response_time_check(245.0, RESPONSE),
        error_rate_check(1.2, Limits(2, 5)),
        usage_check("Memory Usage", ("", 82.3), Limits(80, 90)),
        active_alerts_check(NOBODY_FIRES),
    )

    shown = show_health(HealthReport(0, roll_up(checks, NOBODY_FIRES), checks))

    assert shown == {
        "status": "healthy",
        "checks": [
            {
                "name": "Response Time",
                "status": "pass",
                "message": "Average response time: 245ms",
                "value": 245,
                "threshold": 500,
            },
            {"name": "Error Rate", "status": "pass", "message": "Error rate: 1.20%", "value": 1.2, "threshold": 2},
            {
                "name": "Memory Usage",
                "status": "warn",
                "message": "Memory usage: 82.3%",
                "value": 82.3,
                "threshold": 80,
            },
            {"name": "Active Alerts", "status": "pass", "message": "0 active alerts (0 critical, 0 high)", "value": 0},
        ],
    }


@pytest.mark.parametrize(
    ("milliseconds", "status", "threshold"),
    [(500, "pass", 500), (500.1, "warn", 500), (1000, "warn", 500), (1000.1, "fail", 1000)],
)
def test_a_limit_is_crossed_above_it(milliseconds: float, status: str, threshold: float) -> None:
    check = response_time_check(milliseconds, RESPONSE)
    assert (check.status, check.threshold) == (status, threshold)


def test_no_data_passes_with_a_sentence_and_without_a_value() -> None:
    for check, sentence in (
        (response_time_check(None, RESPONSE), "No response time recorded yet"),
        (error_rate_check(None, RESPONSE), "No error rate recorded yet"),
        (usage_check("Memory Usage", None, RESPONSE), "No memory usage recorded yet"),
        (usage_check("CPU Usage", None, RESPONSE), "No CPU usage recorded yet"),
        (hosts_check(0, ()), "No host recorded yet"),
        (age_check("Evaluation", None, RESPONSE, good="{}", never="No tick yet"), "No tick yet"),
    ):
        assert (check.status, check.message, check.value) == (Status.PASS, sentence, None)


def test_the_worst_host_is_named() -> None:
    check = usage_check("Memory Usage", ("web-3", 91.26), Limits(80, 90))
    assert (check.status, check.message, check.threshold) == (Status.FAIL, "Memory usage: 91.3% on web-3", 90)


@pytest.mark.parametrize(
    ("alerts", "status"),
    [(ActiveAlerts(3, 0, 0), "pass"), (ActiveAlerts(1, 0, 1), "warn"), (ActiveAlerts(2, 1, 1), "fail")],
    ids=["mild", "high", "critical"],
)
def test_severities_of_alerts_make_the_check(alerts: ActiveAlerts, status: str) -> None:
    assert active_alerts_check(alerts).status == status


def test_silent_hosts_are_named_and_all_silent_is_a_failure() -> None:
    assert hosts_check(12, ()).message == "12 of 12 hosts reporting"
    some = hosts_check(3, ("a", "b", "c", "d"))
    assert (some.status, some.message) == (Status.WARN, "3 of 7 hosts reporting; silent: a, b, c and 1 more")
    assert hosts_check(0, ("a",)).status is Status.FAIL


@pytest.mark.parametrize(
    ("checks", "alerts", "expected"),
    [
        ([PASS, PASS], NOBODY_FIRES, SystemStatus.HEALTHY),
        ([PASS, WARN], NOBODY_FIRES, SystemStatus.HEALTHY),
        ([WARN, WARN], NOBODY_FIRES, SystemStatus.WARNING),
        ([PASS, WARN], ActiveAlerts(1, 0, 1), SystemStatus.WARNING),
        ([FAIL, PASS], NOBODY_FIRES, SystemStatus.CRITICAL),
        ([WARN, recipients_check(0, 3)], NOBODY_FIRES, SystemStatus.HEALTHY),
    ],
    ids=["all pass", "one warns", "two warn", "one high alert", "one fails", "set-up does not count"],
)
def test_checks_come_to_a_status(checks: list[Check], alerts: ActiveAlerts, expected: SystemStatus) -> None:
    assert roll_up(checks, alerts) is expected
