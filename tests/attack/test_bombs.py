"""Small inputs that would make a large effort: each is refused, or answered as quickly as any other.

None of these asserts a duration: what they guard against takes hours, or all memory there is.
"""

from __future__ import annotations

import gzip
import itertools
import random
import zlib
from typing import Any

import pytest

from chalicelib.domain import patterns
from chalicelib.domain.patterns import InvalidPattern, compile_pattern
from chalicelib.domain.prometheus_rules import import_rule
from tests.attack.bodies import SOME_RULE
from tests.attack.conftest import World
from tests.attack.surface import label, routes
from tests.call import Api
from tests.remote_write import number

DEEP = ["[" * 100_000, '{"a":' * 100_000, "[" * 900 + "]" * 900, '{"tags":' * 900 + "{}" + "}" * 900]
ZEROS = b" " * 50_000_000


def test_a_body_nested_without_end_is_no_fault_of_any_route(world: World) -> None:
    for route in routes():
        if route.method in ("POST", "PUT", "PATCH"):
            statuses = [world.api.raw(route.method, world.path(route.path), body)["statusCode"] for body in DEEP]
            assert max(statuses) < 500, (label(route), statuses)


def test_tags_as_json_in_a_query_are_no_way_round(api: Api) -> None:
    named = {"metricType": "cpu_usage", "types": "cpu_usage"}
    for path, needed in (
        ("/monitoring/alerts", ""),
        ("/monitoring/metrics/query", "metricType"),
        ("/monitoring/metrics/realtime", "types"),
        ("/monitoring/metrics/series", "metricType"),
    ):
        for tags in ('{"a":' * 2_000, '{"a":"\\u0000"}', '{"\\u0000":"b"}'):
            query = {"tags": tags} | ({needed: named[needed]} if needed else {})
            assert api.raw("GET", path, query=query)["statusCode"] < 500, (path, tags[:20])


def test_a_compressed_bomb_is_refused_while_it_is_inflated(api: Api) -> None:
    json = {"Content-Type": "application/json"}
    for bomb in (gzip.compress(ZEROS, 1), zlib.compress(ZEROS, 1)):
        for path in ("/monitoring/metrics", "/otlp/v1/metrics", "/monitoring/alerts/rules"):
            assert api.raw("POST", path, bomb, headers=json)["statusCode"] == 413, path


def test_what_is_nothing_a_million_times_over_is_not_looked_at_one_by_one(api: Api) -> None:
    """Some kilobytes on the wire, and each of the pieces a refusal with its reason, or a point with its attributes."""
    points = b'{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[%s]}}]}]}]}'
    for path, form in (
        ("/monitoring/metrics", b"[%s]"),
        ("/monitoring/metrics", b'{"metrics":[%s]}'),
        ("/monitoring/metrics", b'{"snapshots":[%s]}'),
        ("/otlp/v1/metrics", points),
    ):
        body = gzip.compress(form % b",".join([b"{}"] * 1_000_000), 1)
        reply = api.raw("POST", path, body, headers={"Content-Type": "application/json"})
        assert (reply["statusCode"], "smaller requests" in reply["body"]) == (400, True), form


def test_choosing_among_many_groups_is_bounded_by_all_of_them(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshots = [{"tags": {"host": f"web-{number}"}, "metrics": {"cpu_usage": 1}} for number in range(3)]
    assert api.post("/monitoring/metrics", {"snapshots": snapshots}).status == 202
    asked = {"metricType": "cpu_usage", "from_": "-1h", "groupBy": "host", "topk": "1"}
    monkeypatch.setattr("chalicelib.services.cells.MAX_CELLS", 400)

    refused = api.get("/monitoring/metrics/query", **asked, step="10s")
    assert (refused.status, refused.body["field"]) == (400, "step")
    assert api.get("/monitoring/metrics/query", **asked, step="60s").status == 200


def test_what_says_it_is_huge_gets_no_memory(api: Api) -> None:
    for length in (2**31, 2**40, 2**63):
        reply = api.post("/prometheus/api/v1/write", number(length) + b"\x00" * 100)
        assert (reply.status, reply.body["field"]) == (400, "body")
    body = b"\x0a" + number(2**60) + b"\x0a\x00"
    sent = api.raw("POST", "/otlp/v1/metrics", body, headers={"Content-Type": "application/x-protobuf"})
    assert sent["statusCode"] == 400


@pytest.mark.parametrize(
    "pattern",
    [
        "((((){1000}){1000}){1000}){1000}",
        "((((|){1000}){1000}){1000}){1000}",
        "(((a?){1000}){1000}){1000}",
        "(.?){999}",
    ],
)
def test_a_pattern_that_repeats_without_end_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidPattern, match="too large"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern", ["(a*)*b", "(a|a)*b", "(a+)+b", "(.*)*b", "(a?){400}a{90}", "(a|aa)+b", ".*a.{480}"]
)
def test_a_pattern_reads_each_character_once_and_remembers_little(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The promise of linear time, counted: a step a character, each over at most as many states as a pattern has."""
    steps = itertools.count()
    step = patterns.Pattern._step
    monkeypatch.setattr(patterns.Pattern, "_step", lambda *given: (next(steps), step(*given))[1])
    compiled = compile_pattern.__wrapped__(pattern)
    chance = random.Random(1)
    texts = ["a" * 256, *("".join(chance.choice("ab") for _ in range(256)) for _ in range(20))]

    for text in texts:
        compiled.matches(text)

    assert next(steps) <= sum(map(len, texts))
    assert len(compiled._after) <= patterns.MAX_STATES
    assert len(compiled._remembered) <= patterns.MAX_REMEMBERED
    assert all(states.bit_length() <= patterns.MAX_STATES for states in compiled._remembered.values())


@pytest.mark.parametrize(
    "entry",
    [
        {"alert": "a", "expr": "up > 1 " + "#" * 60 + "\n!"},
        {"alert": "a", "expr": "up > 1 " + "#a " * 3_000 + "\n!"},
        {"alert": "a", "expr": "up > 1", "annotations": {"summary": " " * 1_000_000 + "x"}},
        {"alert": "a", "expr": "up > 1", "annotations": {"summary": "{{" * 500_000}},
        {"alert": "a", "expr": "(" * 9_000 + "up"},
        {"alert": "a", "expr": "-" * 9_000 + "up"},
        {"alert": "a", "expr": "up > 1 and " * 900 + "up > 1"},
        {"alert": "a", "expr": "1 + " * 2_400 + "up > 1"},
        {"alert": "a", "expr": "sum(" * 2_400 + "up"},
        {"alert": "a", "expr": "up[" * 3_000},
        {"alert": "a", "expr": 'up{a="' + "\\" * 9_000},
        {"alert": "a", "expr": 'up{a=~"((((){1000}){1000}){1000}){1000}"} > 1'},
    ],
    ids=[
        "comment",
        "comments",
        "blanks",
        "braces",
        "brackets",
        "signs",
        "ands",
        "sums",
        "calls",
        "ranges",
        "backslashes",
        "pattern",
    ],
)
def test_a_rule_of_prometheus_is_read_in_one_go(entry: dict[str, Any]) -> None:
    found = import_rule(entry)
    assert found.rule is not None or found.reason


def test_templates_are_taken_out_of_what_is_said() -> None:
    said = {"summary": "{{ $labels.host }} is hot {{ humanize $value }}, see {{ x"}
    found = import_rule({"alert": "a", "expr": "up > 1", "annotations": said})
    assert found.rule is not None
    assert str(found.rule["description"]).startswith("is hot, see {{ x")


def test_a_rules_test_has_no_more_samples_than_there_is_room_for(api: Api) -> None:
    series = [{"metricType": "cpu_usage", "tags": {"host": str(host)}, "values": "1x200000"} for host in range(100)]
    body = {"rule": SOME_RULE, "series": series, "expect": [{"at": 50, "state": "none", "tags": {"host": "1"}}]}
    reply = api.post("/monitoring/alerts/rules/test", body)
    assert (reply.status, reply.body["field"]) == (400, "series.2.values")
    assert "500000 samples" in reply.body["detail"]


def test_an_import_has_no_more_rules_than_there_is_time_for(api: Api) -> None:
    rules = [{"alert": "a", "expr": "up > 1"}] * 1_001
    reply = api.post("/monitoring/alerts/rules/import", {"groups": [{"name": "a", "rules": rules}]})
    assert (reply.status, reply.body["field"]) == (400, "groups")
