"""The service class against the real service: rules, alerts, reports, health and the events of all that."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from perfmon_client import ApiError, PerformanceMonitoringService

from chalicelib.wiring import ticking
from tests.clients.python.receiver import until
from tests.clients.python.served import Served, serving

RULE = {"name": "hot", "metricType": "cpu_usage", "condition": "greater_than", "threshold": 90}


@pytest.fixture
def served(stack: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """The real service on a real port."""
    with serving(monkeypatch) as served:
        yield served


@pytest.fixture
def monitoring(served: Served) -> Iterator[PerformanceMonitoringService]:
    """A client with an administrator's token."""
    with PerformanceMonitoringService(served.url, served.token, event_interval=0.05, flush_interval=0.05) as client:
        yield client


def test_rules_are_created_changed_and_listed_over_all_pages(
    monitoring: PerformanceMonitoringService,
) -> None:
    before = {rule["name"] for rule in monitoring.get_alert_rules()}
    made = monitoring.create_alert_rule(RULE)
    others = {
        monitoring.create_alert_rule(
            name=f"rule {each}", metric_type="cpu_usage", condition="greater_than", threshold=each, group_by=["host"]
        )["name"]
        for each in range(110)
    }

    changed = monitoring.update_alert_rule(made["id"], threshold=95)

    assert (changed["id"], changed["threshold"], changed["name"]) == (made["id"], 95, "hot")
    assert {rule["name"] for rule in monitoring.get_alert_rules()} == before | others | {"hot"}


def test_a_refusal_says_which_field_is_wrong(monitoring: PerformanceMonitoringService) -> None:
    with pytest.raises(ApiError) as caught:
        monitoring.create_alert_rule(RULE, condition="about")
    assert caught.value.status == 400
    assert caught.value.field == "condition"
    assert caught.value.request_id
    assert "condition" in str(caught.value.errors)


def test_reports_and_health_answer(monitoring: PerformanceMonitoringService) -> None:
    start, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 7, tzinfo=UTC)
    report = monitoring.generate_performance_report("weekly", start, end)
    assert report["startDate"].startswith("2024-01-01")
    assert report["metrics"]["averageResponseTime"] is None
    assert monitoring.get_system_health()["checks"]


def test_an_alert_is_told_acknowledged_and_resolved(served: Served, monitoring: PerformanceMonitoringService) -> None:
    told: list[tuple[str, Any]] = []
    for event in ("alertTriggered", "alertAcknowledged", "alertResolved"):
        monitoring.on(event, lambda alert, event=event: told.append((event, alert["id"])))  # type: ignore[misc]
    until(lambda: served.answered("GET", "/monitoring/events"), "the feed's beginning")
    monitoring.create_alert_rule(RULE, duration=0)
    now = time.time_ns() // 1_000_000
    assert monitoring.record_metric("cpu_usage", 99, "percent", {"host": "web-1"}, now)
    assert monitoring.flush(30)
    with served.turn:
        tick = now - now % 10_000 + 10_000
        assert ticking.tick().run(tick, now=tick).failed == []

    until(lambda: told, "the alert")
    (alert,) = [each for each in monitoring.get_active_alerts() if each["ruleName"] == "hot"]
    assert monitoring.acknowledge_alert(alert["id"], "mine")["acknowledgementComment"] == "mine"
    assert monitoring.resolve_alert(alert["id"])["state"] == "resolved"

    mine = alert["id"]
    expected = [(event, mine) for event in ("alertTriggered", "alertAcknowledged", "alertResolved")]
    until(lambda: [each for each in told if each[1] == mine] == expected, "the alert's events")


def test_what_is_recorded_while_the_service_is_away_arrives_once_when_it_is_back(
    served: Served, monitoring: PerformanceMonitoringService
) -> None:
    for value in range(300):
        if value == 100:
            served.stop()
        if value == 250:
            served.start()
        assert monitoring.record_metric("orders", value, "count", {"shop": "a"})
    until(lambda: monitoring.figures().sent == 300, "the last sample's arrival")

    (found,) = served.get("/monitoring/metrics/realtime", types="orders").values()
    assert sorted(sample["value"] for sample in found) == list(range(300))


def test_nobody_listens_to_an_event_that_there_is_not(monitoring: PerformanceMonitoringService) -> None:
    with pytest.raises(ValueError, match="alertTriggered"):
        monitoring.on("alert_triggered", print)


def test_the_feed_is_followed_only_while_somebody_listens(monitoring: PerformanceMonitoringService) -> None:
    def follows() -> bool:
        return any(thread.name == "perfmon-events" for thread in threading.enumerate())

    monitoring.on("metricRecorded", print)
    assert not follows()
    monitoring.on("alertTriggered", print)
    assert follows()
    monitoring.off("alertTriggered", print)
    until(lambda: not follows())


def test_an_address_that_cannot_be_one_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="https://"):
        PerformanceMonitoringService("monitoring.example.org", "pm_secret")
