"""What is told of alerts: the feed, silences, explanations, statistics, reports; and for how long it is kept."""

from __future__ import annotations

import time
from zoneinfo import ZoneInfo

import pytest

from chalicelib.domain.instants import to_iso
from chalicelib.domain.report_ranges import Period, ReportRange
from chalicelib.domain.reports import Report
from chalicelib.domain.silences import Scope, Silence
from chalicelib.storage.postgres.alert_retention import PostgresAlertRetention
from chalicelib.wiring import alerting, reports, ticking
from tests.integration.live import ALERTS, RULES, TICK, Live


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
    pending = live.api.get(path, at=live.iso(10)).body
    firing = live.api.get(path, at=live.iso(20)).body
    now = live.api.get(path).body
    assert [each["state"] for each in (pending, firing, now)] == ["pending", "firing", "resolved"]
    assert [each["conditions"][0]["value"] for each in (pending, firing)] == [96, 97]
    assert firing["evidence"]["evidence"]["conditions"][0]["value"] == 97
    assert now["because"] == "The recovery condition held for as long as the rule asks."
    assert live.api.get(path, at=live.iso(-10)).status == 400


def test_what_muted_an_alert_is_told_long_after_the_silence_has_ended(live: Live) -> None:
    old = Live(live.api, live.base - 30 * 86_400_000)
    old.rule(aggregation="last")
    old.run("95 40")
    (alert,) = old.alerts()
    silence = Silence("sil_1", Scope(tags=(("host", "web-1"),)), old.at(-60), old.at(5), "ann")
    alerting.silence_book().add(silence, old.at(-60))

    path = f"{ALERTS}/{alert['id']}/explain"
    assert live.api.get(path, at=old.iso(0)).body["mutedBy"] == {"reason": "silenced", "id": "sil_1"}
    assert live.api.get(path, at=old.iso(8)).body["mutedBy"] is None


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

    (row,) = live.api.get(f"{ALERTS}/stats", from_=live.iso(-10), to=live.iso(100)).body["rules"]
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


def _iso_clock(seconds: int) -> str:
    return to_iso(time.time_ns() // 1_000_000 + seconds * 1000)
