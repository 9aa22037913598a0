"""Alerts from sample to history, on real stores: every state, gaps, edits, people, hosts."""

from __future__ import annotations

import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib.domain.report_ranges import Period, ReportRange
from chalicelib.domain.reports import Report
from chalicelib.domain.silences import Scope, Silence
from chalicelib.storage.postgres.alert_retention import PostgresAlertRetention
from chalicelib.wiring import alerting, reports, ticking
from tests.integration.live import ALERTS, RULES, TICK, Live


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
    assert alert["firedAt"] == _iso(live, 60)

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


def test_the_feed_tells_what_happened_in_order(live: Live) -> None:
    live.rule(aggregation="last")
    begin = live.api.get("/monitoring/events").body["next"]
    live.run("95")
    live.api.post(f"{ALERTS}/{live.alerts()[0]['id']}/acknowledge")
    live.run("40", start=10)
    feed = live.api.get("/monitoring/events", after=begin, limit="2").body
    rest = live.api.get("/monitoring/events", after=feed["next"]).body
    assert [event["type"] for event in feed["events"] + rest["events"]] == [
        *("alertTriggered", "alertAcknowledged", "alertResolved")
    ]
    assert feed["events"][0]["data"]["message"]
    assert live.api.get("/monitoring/events", after=rest["next"]).body == {"events": [], "next": rest["next"]}
    assert live.api.get("/monitoring/events", after=begin, types="alertResolved").body["events"] == rest["events"]


def test_hosts_are_listed_with_what_their_agents_say(live: Live) -> None:
    agent = "perfmon-agent/1.2.0 (Linux 6.1; cores=4; memory=8589934592; interval=10)"
    now = time.time_ns() // 1_000_000
    body = {"tags": {"host": "web-1"}, "timestamp": now, "metrics": {"cpu_usage": 5}}
    live.api.post("/monitoring/metrics", {"snapshots": [body]}, User_Agent=agent)
    minute = now - now % 60_000 + 60_000
    ticking.tick().run(minute, now=minute)
    host = live.api.get("/monitoring/hosts/web-1").body
    expected = {"version": "1.2.0", "os": "Linux 6.1", "cores": 4, "memory": 8_589_934_592, "interval": 10}
    assert {name: host["agentVersion" if name == "version" else name] for name in expected} == expected
    assert (host["state"], host["alerts"]) == ("up", [])
    assert [each["name"] for each in live.api.get("/monitoring/hosts").body["hosts"]] == ["web-1"]
    assert live.api.get("/monitoring/hosts/nobody").status == 404


def test_a_silence_is_previewed_created_listed_and_lifted(live: Live) -> None:
    live.rule()
    live.run("95")
    silence = {"tags": {"host": "~web-.*"}, "endsAt": _iso_clock(3600), "comment": "deploy"}
    assert len(live.api.post("/monitoring/silences/preview", silence).body["alerts"]) == 1
    other = silence | {"tags": {"host": "db-1"}}
    assert live.api.post("/monitoring/silences/preview", other).body["alerts"] == []

    created = live.api.post("/monitoring/silences", silence)
    path = f"/monitoring/silences/{created.body['id']}"
    assert (created.status, created.body["author"]) == (201, "test")
    assert live.api.get(path).body == created.body
    assert live.api.get("/monitoring/silences").body["silences"] == [created.body]
    lifted = live.api.delete(path)
    assert lifted.body["endsAt"] < created.body["endsAt"]
    assert live.api.get("/monitoring/silences").body["silences"] == []
    assert live.api.get("/monitoring/silences", ended="true").body["silences"] == [lifted.body]
    assert live.api.post("/monitoring/silences", {"endsAt": _iso_clock(60)}).body["field"] == "ruleId"


def test_a_silence_that_is_lifted_before_it_begins_is_listed_no_more(live: Live) -> None:
    planned = {"severity": ["low"], "startsAt": _iso_clock(3600), "endsAt": _iso_clock(7200)}
    created = live.api.post("/monitoring/silences", planned).body
    lifted = live.api.delete(f"/monitoring/silences/{created['id']}").body
    assert lifted["endsAt"] == lifted["startsAt"]
    assert live.api.get("/monitoring/silences").body["silences"] == []
    assert live.api.get("/monitoring/silences", ended="true").body["silences"] == [lifted]


def test_a_maintenance_window_is_previewed_created_and_lifted(live: Live) -> None:
    window = {"severity": ["high"], "start": "0 2 * * sun", "duration": 7200, "timeZone": "Europe/Berlin"}
    assert live.api.post("/monitoring/maintenance-windows/preview", window).body["occurs"]
    created = live.api.post("/monitoring/maintenance-windows", window)
    path = f"/monitoring/maintenance-windows/{created.body['id']}"
    assert created.status == 201
    assert live.api.get(path).body["next"] == created.body["next"]
    assert live.api.delete(path).body["next"] is None
    assert live.api.get("/monitoring/maintenance-windows").body["maintenanceWindows"] == []
    assert live.api.get("/monitoring/silences/" + created.body["id"]).status == 404


def test_an_alert_is_explained_at_any_moment_of_its_life(live: Live) -> None:
    live.rule(duration=20, aggregation="last")
    live.run("95 96 97 40")
    alert = live.alerts()[0]
    path = f"{ALERTS}/{alert['id']}/explain"
    pending = live.api.get(path, at=_iso(live, 10)).body
    firing = live.api.get(path, at=_iso(live, 20)).body
    now = live.api.get(path).body
    assert [each["state"] for each in (pending, firing, now)] == ["pending", "firing", "resolved"]
    assert [each["conditions"][0]["value"] for each in (pending, firing)] == [96, 97]
    assert firing["evidence"]["evidence"]["conditions"][0]["value"] == 97
    assert now["because"] == "The recovery condition held for as long as the rule asks."
    assert live.api.get(path, at=_iso(live, -10)).status == 400


def test_what_muted_an_alert_is_told_long_after_the_silence_has_ended(live: Live) -> None:
    old = Live(live.api, live.base - 30 * 86_400_000)
    old.rule(aggregation="last")
    old.run("95 40")
    (alert,) = old.alerts()
    silence = Silence("sil_1", Scope(tags=(("host", "web-1"),)), old.at(-60), old.at(5), "ann")
    alerting.silence_book().add(silence, old.at(-60))

    path = f"{ALERTS}/{alert['id']}/explain"
    assert live.api.get(path, at=_iso(old, 0)).body["mutedBy"] == {"reason": "silenced", "id": "sil_1"}
    assert live.api.get(path, at=_iso(old, 8)).body["mutedBy"] is None


def test_a_rules_last_evaluations_are_shown(live: Live) -> None:
    rule_id = live.rule(aggregation="last")
    now = time.time_ns() // 1_000_000
    recent = Live(live.api, now - now % TICK - 20_000)
    recent.run("95 40")
    found = live.api.get(f"{RULES}/{rule_id}/evaluations", count="5").body
    (group,) = found["groups"]
    assert group["tags"] == {"host": "web-1"}
    values = [each["values"][0] for each in group["evaluations"]]
    assert len(values) == 5
    assert 95 in values
    assert 40 in values
    assert live.api.get(f"{RULES}/none/evaluations").status == 404


def test_no_more_evaluations_are_shown_than_an_answer_holds(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.services.explain.MAX_EVALUATIONS", 5)
    rule_id = live.rule()
    live.run("40")
    live.run("40", start=10, host="web-2")
    refused = live.api.get(f"{RULES}/{rule_id}/evaluations", count="3")
    assert (refused.status, refused.body["field"]) == (400, "count")
    assert "at most 2" in refused.body["detail"]
    assert live.api.get(f"{RULES}/{rule_id}/evaluations", count="2").status == 200


def test_statistics_count_what_fired_and_how_long_it_took(live: Live) -> None:
    rule_id = live.rule(aggregation="last")
    live.run("95 40 95 40")
    (found,) = live.api.get(f"{ALERTS}/stats").body["rules"]
    assert (found["ruleId"], found["fired"], found["resolved"], found["resolvedUnderFiveMinutes"]) == (rule_id, 2, 2, 2)
    assert (found["acknowledged"], found["medianSecondsToAcknowledge"]) == (0, None)
    assert found["medianSecondsToResolve"] == 10
    assert live.api.get(f"{ALERTS}/stats", from_="now", to="-1h").status == 400


def test_who_has_it_in_hand_before_it_fires_took_no_time(live: Live) -> None:
    live.rule(duration=20, aggregation="last")
    live.run("95")
    alert_id = live.alerts()[0]["id"]
    alerting.respond().acknowledge(alert_id, by="ann", comment="", expires_at=None, expected=None, now=live.at(5))
    live.run("96 97", start=10)

    (row,) = live.api.get(f"{ALERTS}/stats", from_=_iso(live, -10), to=_iso(live, 100)).body["rules"]
    assert (row["acknowledged"], row["medianSecondsToAcknowledge"]) == (1, 0)
    ranges = ReportRange(Period.HOURLY, live.at(-10), live.at(100), ZoneInfo("UTC"))
    found = reports.reporting().build(ranges, live.at(100)).alert_statistics
    assert (found.acknowledged, found.seconds_to_acknowledge) == (1, 0)


def test_a_report_lists_the_alerts_that_its_statistics_count(live: Live) -> None:
    # given an alert that was pending before the range and fired in it, and one that somebody ended before it fired
    live.rule(duration=20, aggregation="last")
    live.run("95 96 97 40")
    (fired,) = live.alerts()
    live.run("95", start=60)
    live.api.post(f"{ALERTS}/{live.alerts()[0]['id']}/resolve")

    def report(start: float, end: float) -> Report:
        ranges = ReportRange(Period.HOURLY, live.at(start), live.at(end), ZoneInfo("UTC"))
        return reports.reporting().build(ranges, live.at(end))

    before, within = report(-600, 15), report(15, 600)
    assert [[each.alert.id for each in found.alerts] for found in (before, within)] == [[], [fired["id"]]]
    assert [found.alert_statistics.fired for found in (before, within)] == [0, 1]


def test_what_is_over_is_kept_for_as_long_as_promised(live: Live) -> None:
    live.rule(aggregation="last")
    live.run("95 40")
    live.run("95", start=20)
    year = 401 * 86_400_000

    def left() -> tuple[int, int, int]:
        trail = alerting.audit_trail().page(None, 100, resource=None)
        return len(live.alerts()), len(live.api.get("/monitoring/events", after="0").body["events"]), len(trail)

    keeper = next(each for each in ticking.tick()._housekeeping if isinstance(each, PostgresAlertRetention))
    keeper.run(live.at(0) + year - 2 * 86_400_000)
    alerts, events, _ = left()
    assert (alerts, events) == (2, 3)
    keeper.run(live.at(0) + year)
    assert left() == (1, 0, 0)
    assert live.state() == "firing"  # what is not over stays, however old


def _iso(live: Live, seconds: float) -> str:
    from chalicelib.domain.instants import to_iso

    return to_iso(live.at(seconds))


def _iso_clock(seconds: int) -> str:
    from chalicelib.domain.instants import to_iso

    return to_iso(time.time_ns() // 1_000_000 + seconds * 1000)
