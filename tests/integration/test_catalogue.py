"""The catalogue tells what there is."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.domain.lookalikes import lookalikes
from chalicelib.services import browse
from tests.call import Api

METRICS = "/monitoring/metrics"


@pytest.fixture
def filled(api: Api, drain: Callable[[], Any]) -> Api:
    """Three metric types, one of them by two hosts and in two units."""
    for host, unit in (("a", "ms"), ("b", "s")):
        tags = {"host": host, "region": "eu"}
        api.post(METRICS, {"metricType": "wait_times", "value": 1, "unit": unit, "tags": tags})
    api.post(METRICS, {"snapshots": [{"tags": {"host": "a"}, "metrics": {"cpu_usage": 1, "waitTime": 2}}]})
    drain()
    return api


def test_metric_types_are_listed_with_units_series_and_lookalikes(filled: Api) -> None:
    found = filled.get(f"{METRICS}/catalog").body
    by_name = {each["metricType"]: each for each in found["metrics"]}

    assert list(by_name) == ["cpu_usage", "waitTime", "wait_times"]
    assert by_name["wait_times"]["units"] == ["ms", "s"]
    assert by_name["wait_times"]["series"] == 2
    assert by_name["wait_times"]["kinds"] == ["event"]
    assert by_name["wait_times"]["looksLike"] == ["waitTime"]
    assert by_name["cpu_usage"]["looksLike"] == []
    assert by_name["cpu_usage"]["firstSeen"] >= by_name["cpu_usage"]["lastHour"] > "2026"
    assert found["next"] is None


def test_the_list_comes_in_pages(filled: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browse, "PAGE", 2)
    first = filled.get(f"{METRICS}/catalog").body
    second = filled.get(f"{METRICS}/catalog", after=first["next"]).body
    assert [len(first["metrics"]), len(second["metrics"])] == [2, 1]
    assert second["next"] is None


def test_tags_are_listed_by_key_with_how_many_series_carry_them(filled: Api) -> None:
    of_one = filled.get(f"{METRICS}/tags", metricType="wait_times").body
    of_all = filled.get(f"{METRICS}/tags").body
    one_each = [{"value": "a", "series": 1}, {"value": "b", "series": 1}]
    assert of_one == {
        "tags": [{"key": "host", "values": one_each}, {"key": "region", "values": [{"value": "eu", "series": 2}]}],
        "truncated": False,
    }
    assert of_all["tags"][0]["values"][0] == {"value": "a", "series": 3}


def test_series_are_chosen_by_tags(filled: Api) -> None:
    found = filled.get(f"{METRICS}/series", metricType="wait_times", tags="host:b").body
    assert found == {
        "series": [{"metricType": "wait_times", "unit": "s", "kind": "event", "tags": {"host": "b", "region": "eu"}}]
    }
    assert filled.get(f"{METRICS}/series", metricType="nothing").body == {"series": []}
    assert filled.get(f"{METRICS}/series").body["field"] == "metricType"


def test_too_many_series_are_refused_with_the_way_out(filled: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browse, "MAX_SERIES", 1)
    reply = filled.get(f"{METRICS}/series", metricType="wait_times")
    assert (reply.status, reply.body["field"]) == (400, "tags")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["cpu-usage", "cpu_usage", "CPU.Usage"], [["cpu-usage", "cpu_usage", "CPU.Usage"]]),
        (["responseTime", "response_time"], [["responseTime", "response_time"]]),
        (["error", "errors"], [["error", "errors"]]),
        (["class", "clas", "gas", "ga"], []),
        (["cpu", "memory"], []),
    ],
)
def test_names_look_alike_but_for_case_separators_and_plural(names: list[str], expected: list[list[str]]) -> None:
    found = lookalikes(names)
    groups = {tuple(sorted([name, *others])) for name, others in found.items()}
    assert groups == {tuple(sorted(group)) for group in expected}


def test_cardinality_tells_what_makes_most_series(filled: Api) -> None:
    before = filled.get(f"{METRICS}/cardinality").body
    wiring.compact().run(time.time_ns() // 1_000_000 + 7_200_000)
    after = filled.get(f"{METRICS}/cardinality", limit="1").body

    assert before["series"] == 4
    assert [(each["metricType"], each["series"]) for each in before["metrics"]] == [
        ("wait_times", 2),
        ("cpu_usage", 1),
        ("waitTime", 1),
    ]
    assert all(each["samples"] == each["bytes"] == 0 for each in before["metrics"])
    assert before["tags"] == [{"key": "host", "values": 2, "series": 4}, {"key": "region", "values": 1, "series": 2}]
    assert [(each["metricType"], each["samples"]) for each in after["metrics"]] == [("wait_times", 2)]
    assert after["metrics"][0]["bytes"] > 0
    assert len(after["tags"]) == 1


def test_cardinality_names_the_rules_that_need_a_metric_type(filled: Api) -> None:
    rule = {"name": "busy", "metricType": "cpu_usage", "condition": "greater_than", "threshold": 90}
    asleep = {**rule, "name": "asleep", "metricType": "waitTime", "enabled": False}
    assert [filled.post("/monitoring/alerts/rules", each).status for each in (rule, asleep)] == [201, 201]
    found = filled.get(f"{METRICS}/cardinality").body["metrics"]

    readers = {each["metricType"]: each["readByRules"] for each in found}
    assert "busy" in readers.pop("cpu_usage")
    assert readers == {"wait_times": [], "waitTime": []}


def test_cardinality_tells_when_somebody_last_asked_for_a_metric_type(filled: Api) -> None:
    def asked() -> dict[str, str | None]:
        metrics = filled.get(f"{METRICS}/cardinality").body["metrics"]
        return {each["metricType"]: each["lastQueried"] for each in metrics}

    assert set(asked().values()) == {None}
    today = {datetime.now(UTC).date().isoformat()}
    assert filled.get(f"{METRICS}/query", metricType="cpu_usage").status == 200
    assert filled.get(f"{METRICS}/query", metricType="never_recorded").status == 200
    today.add(datetime.now(UTC).date().isoformat())

    found = asked()
    assert found.pop("cpu_usage") in today
    assert set(found.values()) == {None}
