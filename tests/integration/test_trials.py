"""Trying rules on what is stored, over the API: backtest, suggestion, rule tests, import."""

from __future__ import annotations

import time
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.domain.instants import to_iso
from chalicelib.storage.postgres.recent import PostgresRecentSnapshot
from tests.call import Api
from tests.integration.live import RULES

RULE: dict[str, Any] = {
    "name": "hot",
    "metricType": "cpu_usage",
    "condition": "greater_than",
    "threshold": 90,
    "duration": 30,
    "groupBy": ["host"],
    "aggregation": "last",
    "cooldownPeriod": 0,
}


@pytest.fixture
def history(api: Api) -> int:
    """Twenty minutes of two hosts, of which one is hot for two minutes; when it begins, epoch ms."""
    start = time.time_ns() // 1_000_000 // 60_000 * 60_000 - 1_200_000
    snapshots = [
        {
            "tags": {"host": host},
            "timestamp": start + place * 10_000,
            "metrics": {"cpu_usage": 95 if host == "web-1" and 30 <= place < 42 else 40 + place % 10},
        }
        for place in range(120)
        for host in ("web-1", "web-2")
    ]
    assert api.post("/monitoring/metrics", {"snapshots": snapshots}).status == 202
    wiring.drain().run(start + 1_200_000)
    return start


def test_a_backtest_shows_what_the_rule_would_have_done(api: Api, history: int) -> None:
    given = {"rule": RULE, "from": to_iso(history), "to": to_iso(history + 1_190_000)}
    found = api.post(f"{RULES}/backtest", given)

    assert found.status == 200
    assert (found.body["firings"], found.body["pages"], found.body["evaluations"]) == (1, 1, 120)
    busy, calm = found.body["groups"]
    assert (busy["tags"], calm["tags"]) == ({"host": "web-1"}, {"host": "web-2"})
    assert [(each["at"], each["to"]) for each in busy["transitions"]] == [
        (to_iso(history + 300_000), "pending"),
        (to_iso(history + 330_000), "firing"),
        (to_iso(history + 420_000), "resolved"),
    ]
    assert busy["minutesFiring"] == 1.5
    assert (calm["firings"], calm["transitions"]) == (0, [])


def test_what_is_too_much_is_refused_before_it_is_read(api: Api, history: int, monkeypatch: pytest.MonkeyPatch) -> None:
    wiring.compact().run(history + 3 * 3_600_000)
    given = {"rule": RULE, "from": to_iso(history), "to": to_iso(history + 1_190_000)}
    monkeypatch.setattr("chalicelib.services.trial.MAX_SAMPLES", 240)
    assert api.post(f"{RULES}/backtest", given).status == 200

    monkeypatch.setattr("chalicelib.services.trial.MAX_SAMPLES", 239)
    monkeypatch.setattr(PostgresRecentSnapshot, "samples_between", None)
    refused = api.post(f"{RULES}/backtest", given)
    assert (refused.status, refused.body["field"]) == (400, "from")
    assert "more than 239 samples" in refused.body["detail"]


def test_a_rule_that_exists_is_tried_by_its_id(api: Api, history: int) -> None:
    rule_id = api.post(RULES, RULE).body["id"]
    found = api.post(f"{RULES}/backtest", {"ruleId": rule_id, "from": "-1h"})
    assert found.body["firings"] == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "rule"),
        ({"rule": RULE, "ruleId": "x"}, "rule"),
        ({"rule": RULE | {"duration": "long"}}, "duration"),
        ({"rule": RULE, "from": "now", "to": "-1h"}, "from"),
        ({"rule": RULE, "from": "2026-01-01"}, "from"),
        ({"rule": RULE, "from": True}, "from"),
        ({"rule": RULE, "from": "-400d"}, "from"),
        ({"rule": RULE, "since": "-1h"}, "since"),
    ],
    ids=["nothing", "both", "rule", "range", "zone", "type", "too long", "unknown"],
)
def test_a_wrong_backtest_is_named(api: Api, given: dict[str, Any], field: str) -> None:
    refused = api.post(f"{RULES}/backtest", given)
    assert (refused.status, refused.body["field"]) == (400, field)


def test_a_suggestion_comes_with_what_the_others_cost(api: Api, history: int) -> None:
    asked = {"rule": {key: value for key, value in RULE.items() if key != "threshold"}, "from": "-1h"}
    found = api.post(f"{RULES}/suggest", asked | {"pagesPerWeek": 10_000}).body
    assert found["suggestion"]["fits"]
    assert found["curve"]
    assert {choice["duration"] for choice in found["curve"]} == {60, 300, 600, 900}

    # Twenty minutes of history promise nothing about one page a week.
    short = api.post(f"{RULES}/suggest", asked | {"pagesPerWeek": 1}).body
    assert short["suggestion"] is None
    assert "too short" in short["message"]
    assert api.post(f"{RULES}/suggest", asked | {"pagesPerWeek": 0}).body["field"] == "pagesPerWeek"
    empty = {"rule": RULE | {"metricType": "nothing"}}
    assert api.post(f"{RULES}/suggest", empty).body["field"] == "from"


def test_a_rule_is_tested_on_written_series(api: Api) -> None:
    series = [{"metricType": "cpu_usage", "tags": {"host": "web-1"}, "values": "40x6 99x12 _x3 40x3"}]
    tags = {"host": "web-1"}
    expect = [
        {"at": 50, "state": "none", "tags": tags},
        {"at": 60, "state": "pending", "tags": tags},
        {"at": 90, "state": "firing", "tags": tags},
        {"at": 215, "state": "firing", "tags": tags},
    ]
    found = api.post(f"{RULES}/test", {"rule": RULE, "series": series, "expect": expect}).body
    assert [(each["found"], each["passed"]) for each in found["expectations"]] == [
        *((None, True), ("pending", True), ("firing", True), (None, False))
    ]
    assert found["passed"] is False


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rule": {}}, "rule.name"),
        ({"series": [{"metricType": "m", "values": "40y3"}]}, "series.0.values"),
        ({"series": None}, "series"),
        ({"expect": [{"at": 0, "state": "burning"}]}, "expect.0.state"),
        ({"expect": [{"state": "none"}]}, "expect.0.at"),
        ({"interval": 0}, "interval"),
    ],
    ids=["rule", "values", "series", "state", "at", "interval"],
)
def test_a_wrong_rule_test_is_named(api: Api, change: dict[str, Any], field: str) -> None:
    right: dict[str, Any] = {
        "rule": RULE,
        "series": [{"metricType": "cpu_usage", "values": "1"}],
        "expect": [{"at": 0, "state": "none"}],
    }
    assert api.post(f"{RULES}/test", right).status == 200
    refused = api.post(f"{RULES}/test", right | change)
    assert (refused.status, field in {each["field"] for each in refused.body["errors"]}) == (400, True)


def test_prometheus_rules_are_converted_or_refused_with_the_reason(api: Api) -> None:
    rules = [
        {"alert": "Hot", "expr": "cpu_usage > 90", "for": "5m", "labels": {"severity": "critical"}},
        {"alert": "Odd", "expr": "predict_linear(disk_free[1h], 3600) < 0"},
    ]
    hot, odd = api.post(f"{RULES}/import", {"groups": [{"name": "g", "rules": rules}]}).body["rules"]
    assert api.post(RULES, hot["rule"]).status == 201
    assert odd["rule"] is None
    assert odd["reason"]
    assert api.post(f"{RULES}/import", {"groups": 5}).body["field"] == "groups"
