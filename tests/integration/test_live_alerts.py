"""Alerts from sample to resolution, on real stores: every state, gaps, edits, people, hosts that vanish."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.wiring import alerting, ticking
from tests.integration.live import ALERTS, RULES, Live


def test_an_alert_goes_from_pending_to_firing_to_resolved_and_keeps_its_evidence(live: Live) -> None:
    live.rule(duration=20, window=10)
    assert live.run("50 95 96 97 98 99 40") == ["-", "-", "-", "pending", "pending", "firing", "recovered"]

    (alert,) = live.alerts()
    assert alert["tags"] == {"host": "web-1"}
    assert alert["message"] == "hot on host=web-1: cpu_usage is 98%, above 90%"
    timeline = live.api.get(f"{ALERTS}/{alert['id']}").body["timeline"]
    assert [(step["from"], step["to"]) for step in timeline] == [
        *((None, "pending"), ("pending", "firing"), ("firing", "resolved"))
    ]
    # A window of ten seconds is widened to two and a half intervals: 25 s, three samples.
    condition = timeline[1]["evidence"]["conditions"][0]
    assert (condition["value"], condition["samples"], condition["verdict"]) == (98.0, 3, "breached")


def test_a_breach_shorter_than_the_duration_leaves_no_trace_but_a_count(live: Live) -> None:
    live.rule(duration=60, aggregation="last")
    assert live.run("95 96 40") == ["pending", "pending", "-"]
    assert live.alerts() == []


def test_a_sample_after_the_instant_does_not_count_yet(live: Live) -> None:
    live.rule(aggregation="last")
    live.send(5, {"cpu_usage": 99})
    live.tick(0)
    assert live.state() == "-"
    live.tick(10)
    assert live.state() == "firing"


def test_each_group_has_its_own_alert(live: Live) -> None:
    live.rule()
    for host, value in (("web-1", 99), ("web-2", 10), ("web-3", 98)):
        live.send(0, {"cpu_usage": value}, host=host)
    live.tick(0)
    assert {alert["tags"]["host"] for alert in live.alerts()} == {"web-1", "web-3"}


def test_recovery_waits_for_its_own_threshold_and_for_as_long_as_asked(live: Live) -> None:
    live.rule(recoveryThreshold=70, keepFiringFor=20, aggregation="last")
    assert live.run("95 80 71 60 60 95 60 60 60") == [
        *("firing", "firing", "firing", "firing", "firing", "firing", "firing", "firing", "recovered")
    ]


def test_all_conditions_must_hold_or_any(live: Live) -> None:
    conditions = [
        {"metricType": metric, "condition": "greater_than", "threshold": 90, "aggregation": "last"}
        for metric in ("cpu_usage", "memory_usage")
    ]
    blank = {"metricType": None, "condition": None, "threshold": None}
    both = live.rule(name="both", conditions=conditions, match="all", **blank)
    either = live.rule(name="either", conditions=conditions, match="any", **blank)
    live.send(0, {"cpu_usage": 95, "memory_usage": 10})
    live.tick(0)
    assert [alert["ruleId"] for alert in live.alerts()] == [either]
    live.send(10, {"cpu_usage": 95, "memory_usage": 91})
    live.tick(10)
    assert {alert["ruleId"] for alert in live.alerts(state="firing")} == {both, either}


def test_an_alert_is_about_the_metric_whose_condition_holds(live: Live) -> None:
    # given a rule about processors or memory, and a host whose memory is full
    conditions = [
        {"metricType": metric, "condition": "greater_than", "threshold": threshold, "aggregation": "last", "window": 10}
        for metric, threshold in (("cpu_usage", 90), ("memory_usage", 80))
    ]
    live.rule(conditions=conditions, match="any", metricType=None, condition=None, threshold=None)
    live.send(0, {"cpu_usage": 20, "memory_usage": 95})
    live.tick(0)

    # then the alert names memory with memory's value, also once it is over
    (alert,) = live.alerts()
    assert (alert["metricType"], alert["value"], alert["threshold"]) == ("memory_usage", 95, 80)
    live.send(10, {"cpu_usage": 21, "memory_usage": 50})
    live.tick(10)
    (over,) = live.alerts()
    assert (over["state"], over["metricType"], over["value"], over["threshold"]) == ("resolved", "memory_usage", 50, 80)
    assert [each["id"] for each in live.alerts(metricType="cpu_usage")] == [alert["id"]]


def test_a_change_in_percent_is_measured_against_what_was_before(live: Live) -> None:
    live.rule(condition="percent_increase", threshold=50, compareTo=60, window=10, aggregation="last")
    assert live.run("100 100 100 100 100 100 100 120 160", start=0)[-2:] == ["-", "firing"]
    (alert,) = live.alerts()
    assert alert["value"] == pytest.approx(60)
    assert alert["message"] == "hot on host=web-1: cpu_usage rose by 60% within 1 min, more than 50%"


def test_a_change_against_yesterday_is_read_from_the_store(live: Live) -> None:
    live.rule(condition="percent_increase", threshold=50, compareTo=86_400, aggregation="last")
    live.send(-86_400, {"cpu_usage": 10})
    live.send(0, {"cpu_usage": 20})
    live.tick(0)
    assert live.state() == "firing"


@pytest.mark.parametrize(
    ("policy", "states"),
    [
        # The window of the last sample, 60 s, reaches 50 s on; then there is no data.
        ("ignore", ["firing", "series_gone"]),
        ("keep", ["firing", "firing"]),
        ("alert", ["firing", "firing"]),
    ],
)
def test_silence_is_what_the_rule_takes_it_for(live: Live, policy: str, states: list[str]) -> None:
    live.rule(noData=policy)
    live.tick(-120)  # long enough ago for silence to be believed
    live.run("95 95", start=0)
    for seconds in range(20, 60, 10):
        live.tick(seconds)
    found = [live.state()]
    for seconds in range(60, 120, 10):
        live.tick(seconds)
    assert [*found, live.state()] == states


def test_a_host_that_vanishes_is_told_and_one_that_is_forgotten_is_not(live: Live) -> None:
    down = live.rule(
        name="down",
        metricType="system_load",
        condition="less_than",
        threshold=1,
        aggregation="count",
        noData="alert",
        duration=30,
    )
    for seconds in range(0, 200, 10):
        live.send(seconds, {"system_load": 0.5}, host="web-1")
        if seconds < 100:
            live.send(seconds, {"system_load": 0.5}, host="web-2")
        live.tick(seconds)
    (alert,) = live.alerts()
    assert (alert["ruleId"], alert["state"], alert["tags"]) == (down, "firing", {"host": "web-2"})
    assert "has sent no data" in alert["message"]

    assert live.api.delete("/monitoring/hosts/web-2").status == 204
    for seconds in range(200, 300, 10):
        live.send(seconds, {"system_load": 0.5}, host="web-1")
        live.tick(seconds)
    (alert,) = live.alerts()
    assert (alert["state"], alert["resolvedReason"], alert["resolvedBy"]) == ("resolved", "series_gone", "test")


def test_fewer_hosts_than_expected_are_a_breach_down_to_none(live: Live) -> None:
    live.rule(condition="less_than", threshold=2, aggregation="hosts", groupBy=[])
    live.tick(-60)  # nothing has come yet: that is no news so early
    live.send(0, {"cpu_usage": 1}, host="web-1")
    live.send(0, {"cpu_usage": 1}, host="web-2")
    live.tick(0)
    assert live.state() == "-"
    live.send(60, {"cpu_usage": 1}, host="web-1")
    live.tick(60)
    (alert,) = live.alerts()
    assert (alert["state"], alert["value"]) == ("firing", 1)
    live.tick(120)
    assert live.alerts()[0]["state"] == "firing"


def test_a_gap_of_two_minutes_is_replayed_and_a_longer_one_is_not(live: Live) -> None:
    live.rule(duration=60, aggregation="last")
    live.send(0, {"cpu_usage": 95})
    live.tick(0)
    for seconds in range(10, 110, 10):
        live.send(seconds, {"cpu_usage": 95})
    live.tick(100)
    (alert,) = live.alerts()
    # Fired at the very instant at which it would have, had somebody looked.
    assert alert["firedAt"] == live.iso(60)

    live.rule(name="late", duration=60, threshold=94, aggregation="last")
    live.send(110, {"cpu_usage": 95})
    live.tick(110)
    for seconds in range(120, 410, 10):
        live.send(seconds, {"cpu_usage": 95})
    live.tick(400)
    states = {alert["ruleName"]: alert["state"] for alert in live.alerts()}
    assert states == {"hot": "firing", "late": "pending"}


def test_after_an_outage_of_ours_silence_is_not_believed_at_once(live: Live) -> None:
    live.rule(noData="alert", aggregation="count", condition="less_than", threshold=1)
    live.run("50 50")
    assert live.state() == "-"
    for seconds in (600, 610, 680):  # nobody judged for ten minutes; data may be late
        live.tick(seconds)
    assert live.state() == "-"
    live.tick(690)
    assert live.state() == "firing"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"enabled": False}, "rule_disabled"),
        ({"tags": {"host": "web-1"}}, "rule_changed"),
        ({"metricType": "memory_usage"}, "rule_changed"),
        ({"threshold": 50}, None),
        ({"duration": 600}, None),
        ({"name": "renamed", "severity": "critical"}, None),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_an_edit_ends_only_what_loses_its_meaning(live: Live, change: dict[str, Any], reason: str | None) -> None:
    rule_id = live.rule()
    live.run("95")
    live.api.call("PATCH", f"{RULES}/{rule_id}", change)
    (alert,) = live.alerts()
    assert alert["resolvedReason"] == reason
    if reason is None:
        live.run("95", start=10)
        (alert,) = live.alerts()
        assert alert["state"] == "firing"
        assert alert["ruleName"] == change.get("name", "hot")
        assert alert["severity"] == change.get("severity", "medium")


def test_a_deleted_rule_leaves_its_history(live: Live) -> None:
    rule_id = live.rule()
    live.run("95")
    live.api.delete(f"{RULES}/{rule_id}")
    (alert,) = live.alerts(ruleId=rule_id)
    assert (alert["resolvedReason"], alert["resolvedBy"]) == ("rule_deleted", "test")


def test_somebody_acknowledges_twice_and_resolves_and_the_next_breach_is_another_alert(live: Live) -> None:
    live.rule()
    live.run("95")
    (alert,) = live.alerts()
    path = f"{ALERTS}/{alert['id']}"
    first = live.api.post(f"{path}/acknowledge", {"comment": "on it"})
    again = live.api.post(f"{path}/acknowledge")
    assert (first.status, first.body["acknowledgedBy"], first.body["acknowledgementComment"]) == (200, "test", "on it")
    assert again.body == first.body

    resolved = live.api.post(f"{path}/resolve")
    assert (resolved.status, resolved.body["state"], resolved.body["resolvedReason"]) == (200, "resolved", "manual")
    late = live.api.post(f"{path}/acknowledge")
    assert late.status == 409
    assert late.body["current"]["state"] == "resolved"
    assert live.api.post(f"{path}/resolve").status == 409

    live.run("95", start=10)
    assert [each["state"] for each in live.alerts()] == ["firing", "resolved"]
    assert live.api.post(f"{ALERTS}/nothing/resolve").status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"comment": 5}, "comment"),
        ({"expiresAt": "yesterday"}, "expiresAt"),
        ({"expiresAt": 1}, "expiresAt"),
        ({"by": "me"}, "by"),
    ],
    ids=str,
)
def test_a_wrong_acknowledgement_is_named(live: Live, body: dict[str, Any], field: str) -> None:
    live.rule()
    live.run("95")
    refused = live.api.post(f"{ALERTS}/{live.alerts()[0]['id']}/acknowledge", body)
    assert (refused.status, refused.body["field"]) == (400, field)


def test_a_tick_delivered_twice_or_late_changes_nothing(live: Live) -> None:
    live.rule(duration=20)
    live.run("95 95")
    before = live.alerts()
    evaluate = alerting.evaluate()
    for instant in (live.at(10), live.at(0), live.at(10)):
        assert evaluate.run(instant, healthy=True).instants == 0
        assert ticking.tick().run(instant, now=live.at(20)).skipped
    assert live.alerts() == before


def test_a_container_that_missed_ticks_reads_what_it_missed(live: Live) -> None:
    """Two containers take turns; what one drained and compacted the other must see."""
    from chalicelib import wiring

    live.rule(duration=20, window=60)
    first = alerting.evaluate()
    live.run("95")
    ticking.tick.cache_clear()
    alerting.evaluate.cache_clear()  # another container
    live.run("95", start=10)
    wiring.compact().run(live.at(600))  # what the first one has not read is no head row any more
    live.send(20, {"cpu_usage": 95})
    wiring.drain().run(live.at(20))
    assert first.run(live.at(20), healthy=True).changes == 1
    assert live.state() == "firing"
    (alert,) = live.alerts()
    timeline = live.api.get(f"{ALERTS}/{alert['id']}").body["timeline"]
    assert timeline[-1]["evidence"]["conditions"][0]["samples"] == 3


def test_one_rule_that_cannot_be_judged_says_so_and_stops_no_other(live: Live) -> None:
    live.rule(name="fine")
    mixed = live.rule(name="mixed", metricType="mixed")
    body = {"tags": {"host": "web-1"}, "timestamp": live.at(0), "metrics": {"mixed": 99}, "units": {"mixed": "ms"}}
    live.api.post("/monitoring/metrics", {"snapshots": [body]})
    live.run("95")
    assert len(live.alerts()) == 2

    live.api.post("/monitoring/metrics", {"snapshots": [body | {"units": {"mixed": "B"}}]})
    live.run("95", start=10)
    broken = live.api.get(f"{RULES}/{mixed}").body
    assert "do not convert" in broken["lastError"]
    assert {alert["ruleName"]: alert["state"] for alert in live.alerts()} == {"fine": "firing", "mixed": "firing"}

    live.api.call("PATCH", f"{RULES}/{mixed}", {"aggregation": "count", "threshold": 1})
    live.run("95", start=20)
    assert live.api.get(f"{RULES}/{mixed}").body["lastError"] is None


def test_too_many_groups_are_an_error_on_the_rule_not_a_storm(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerting.evaluate(), "_max_alerts", 3)
    rule_id = live.rule()
    for number in range(4):
        live.send(0, {"cpu_usage": 99}, host=f"web-{number}")
    live.tick(0)
    assert live.alerts() == []
    assert "4 groups are breached at once" in live.api.get(f"{RULES}/{rule_id}").body["lastError"]


def test_error_rate_fires_as_the_specifications_middleware_sends_it(live: Live) -> None:
    """100 requests of which 6 fail: 6 %, above the default rule's 5 %."""
    live.rule(metricType="error_rate", threshold=5, groupBy=[], severity="critical")
    stamp = live.at(5)
    samples: list[dict[str, Any]] = [
        {"metricType": "response_time", "value": 20, "unit": "ms", "timestamp": stamp, "tags": {"statusCode": "200"}}
    ] * 100
    samples += [
        {"metricType": "error_rate", "value": 1, "unit": "count", "timestamp": stamp, "tags": {"statusCode": "500"}}
    ] * 6
    live.api.post("/monitoring/metrics", samples)
    live.tick(10)
    (alert,) = live.alerts()
    assert (alert["state"], alert["value"], alert["unit"]) == ("firing", 6.0, "percent")
