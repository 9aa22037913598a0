"""Prometheus alerting rules: what becomes of the common ones, and exactly why some do not convert."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.prometheus_rules import Imported, import_groups, import_rule
from chalicelib.domain.rule_form import read_rule
from tests.unit.domain.node_exporter_rules import COMMON_RULES


def shorten(imported: Imported) -> str:
    """A rule in one line."""

    def condition(each: dict[str, Any]) -> str:
        tags = "".join(f" {key}={value}" for key, value in each["tags"].items())
        high = f" to {each['thresholdHigh']:.12g}" if "thresholdHigh" in each else ""
        judged = f"{each['aggregation']} {each['metricType']}{tags} in {each['window']} s"
        return f"{judged} {each['condition']} {each['threshold']:.12g}{high}"

    rule: dict[str, Any] | None = imported.rule
    if rule is None:
        return f"no: {imported.reason}"
    conditions = (" and " if rule.get("match") == "all" else " or ").join(
        map(condition, rule.get("conditions", [rule]))
    )
    groups = f" by {', '.join(rule['groupBy'])}" if rule["groupBy"] else ""
    return conditions + groups + (f" noData {rule['noData']}" if "noData" in rule else "")


def convert(expression: str) -> Imported:
    """An expression as a rule."""
    return import_rule({"alert": "A", "expr": expression})


@pytest.mark.parametrize("name", COMMON_RULES)
def test_a_common_rule_becomes_what_it_means(name: str) -> None:
    expression, expected = COMMON_RULES[name]
    assert shorten(convert(expression)) == expected


def test_of_forty_common_rules_at_least_thirty_convert() -> None:
    converted = [name for name, (expression, _) in COMMON_RULES.items() if convert(expression).rule is not None]
    assert len(COMMON_RULES) == 40
    assert len(converted) >= 30


MEMORY = "avg memory_usage in 60 s"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (
            "(1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes) * 100 >= 90",
            f"{MEMORY} greater_than_or_equal 90",
        ),
        ("1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > .9", f"{MEMORY} greater_than 90"),
        (
            "100 * (node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes) / node_memory_MemTotal_bytes > 90",
            f"{MEMORY} greater_than 90",
        ),
        ("node_memory_MemAvailable_bytes < 0.1 * node_memory_MemTotal_bytes", f"{MEMORY} greater_than 90"),
        ("10 > node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes * 100", f"{MEMORY} greater_than 90"),
        (
            (
                "(node_memory_MemTotal_bytes - node_memory_MemFree_bytes - node_memory_Cached_bytes)"
                " / node_memory_MemTotal_bytes * 100 > 90"
            ),
            f"{MEMORY} greater_than 90",
        ),
    ],
)
def test_the_same_share_of_memory_is_written_in_many_ways(expression: str, expected: str) -> None:
    assert shorten(convert(expression)) == f"{expected} by host"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("queue_length > 5", "max queue_length in 60 s greater_than 5 by host"),
        ("queue_length < 5", "min queue_length in 60 s less_than 5 by host"),
        ("queue_length == 5", "last queue_length in 60 s equal 5 by host"),
        ("-node_load1 < -8", "last node_load1 in 60 s greater_than 8 by host"),
        ("node_load1 > bool 8", "last node_load1 in 60 s greater_than 8 by host"),
        ("node_load1{instance=~'web-.*'} > 2 ^ 1 or node_load1 > 3", "no: the expression uses ^ within"),
        (
            "node_load1 > 4 or node_load5 > 3",
            "last node_load1 in 60 s greater_than 4 or last node_load5 in 60 s greater_than 3 by host",
        ),
        (
            "max by (instance) (node_hwmon_temp_celsius) > 75",
            "max node_hwmon_temp_celsius in 60 s greater_than 75 by host",
        ),
        ("avg(node_load1) > 4", "avg node_load1 in 60 s greater_than 4"),
        ("avg_over_time(node_load1[10m]) > 4", "avg node_load1 in 600 s greater_than 4 by host"),
        (
            "node_load1 * on(instance) group_left(nodename) node_uname_info > 4",
            "last node_load1 in 60 s greater_than 4 by host",
        ),
        (
            "(1 - avg without (cpu) (irate(node_cpu_seconds_total{mode='idle'}[5m]))) * 100 > 90",
            "avg cpu_usage in 300 s greater_than 90 by host",
        ),
        (
            "avg by (instance) (irate(node_cpu_seconds_total{mode='idle'}[1m])) * 100 < 10",
            "avg cpu_usage in 60 s greater_than 90 by host",
        ),
        (
            "node_load15 > 2 * count without (cpu, mode) (node_cpu_seconds_total{mode='idle'})",
            "avg system_load in 900 s greater_than 2 by host",
        ),
        ("node_load1{env='!x'} > 1", r"last node_load1 env=~!x in 60 s greater_than 1 by host"),
    ],
)
def test_a_term_becomes_a_condition(expression: str, expected: str) -> None:
    assert shorten(convert(expression)).startswith(expected)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("", "cannot be read"),
        ("node_load1 >", "cannot be read: its end is not expected there"),
        ("node_load1 > 5 5", "'5' is not expected there"),
        ("(node_load1 > 5", "')' is missing"),
        ("node_load1{a=b} > 1", "the matcher of 'a' is not understood"),
        ("max_over_time(node_load1[1h:5m]) > 1", "a subquery"),
        ("§ > 1", "is not understood"),
        ("node_load1", "compares nothing with a number"),
        ("node_load1 > 5 > 4", "compares a comparison"),
        ("(node_load1 > 5) * 2 > 4", "uses > within a calculation"),
        ("5 > 4", "compares no metric"),
        ("node_load1 * 0 > 4", "times nothing"),
        ("node_load1 / 0 > 4", "divides by zero"),
        ("node_memory_MemAvailable_bytes / (node_memory_MemTotal_bytes * 0) < 0.1", "divides by zero"),
        ('node_load1 / (count(node_cpu_seconds_total{mode="idle"}) * 0) > 1', "divides by zero"),
        ("node_load1 / count() > 1", "count of nothing"),
        ("avg() > 1", "avg of nothing"),
        (f"rate(x[{'9' * 5000}s]) > 1", "is no duration"),
        (f"rate(x[{'9' * 400}ms]) > 1", "is no duration"),
        ("1 / node_load1 > 4", "divides"),
        ("node_load1 > node_load5", "divides two metrics (node_load1 by node_load5)"),
        ("node_load1 > 4 unless node_load5 > 3", "unless"),
        ("node_load1 % 2 == 0", "uses % within"),
        ("node_load1 offset 1h > 4", "looks into the past"),
        ("node_load1[5m] > 4", "compares a range"),
        ("rate(node_load1) > 4", "something else than a metric's range"),
        ("deriv(node_load1[5m]) > 4", "fits a slope"),
        ("changes(node_load1[5m]) > 4", "counts how often"),
        ("holt_winters(node_load1[5m]) > 4", "holt_winters(), which has no counterpart"),
        ("topk(3, node_load1) > 4", "uses topk"),
        ("count(up) < 3", "uses count"),
        ("sum(node_load1) > 4", "takes the sum over series"),
        ("max by (instance) (rate(node_vmstat_oom_kill[5m])) > 0", "takes the max of rates"),
        ("avg without (cpu) (node_cpu_scaling_frequency_hertz) > 4", "aggregates without labels"),
        ("avg by (instance) (rate(node_cpu_seconds_total{mode='nice'}[5m])) > 0.5", "the cpu's mode 'nice'"),
        ("{__name__=~'node_.*'} > 4", "by a pattern"),
        (
            "node_filesystem_avail_bytes{fstype='ext4'} / node_filesystem_size_bytes{fstype='ext4'} < 0.1",
            "selects by fstype",
        ),
        ("node_filesystem_avail_bytes{mountpoint='/'} / node_filesystem_size_bytes < 0.1", "selected differently"),
        ("node_load1 > 4 and node_network_up == 0", "grouped differently: host against host, device"),
        ("node_load1 > 4 and node_load5 > 4 or node_load15 > 4", "mixes or with and"),
        ("absent(rate(up[5m]))", "something else than a metric"),
        ("time() - node_timestamp > 4", "several metrics"),
        ("node_load1 > Inf", "Inf as a number"),
        ("node_load1{x=~'(?=a)'} > 1", "makes no valid rule: tags.x: holds a look-around"),
        ("(" * 50 + "1" + ")" * 50 + " > 1", "nested too deeply"),
        ("a > " + "1" * 10_001, "longer than"),
    ],
)
def test_what_does_not_convert_says_why(expression: str, says: str) -> None:
    imported = convert(expression)
    assert imported.rule is None
    assert says in imported.reason


def test_the_rest_of_a_rule_comes_along() -> None:
    document = {
        "groups": [
            {
                "name": "g",
                "rules": [
                    {"record": "instance:load", "expr": "node_load1"},
                    {
                        "alert": "HighLoad",
                        "expr": "node_load1 > 8",
                        "for": "1h30m",
                        "keep_firing_for": "5m",
                        "labels": {"severity": "page"},
                        "annotations": {
                            "description": "Load of {{ $labels.instance }} is high: {{ $value }}",
                            "runbook_url": "https://runbooks.example.com/load",
                        },
                    },
                ],
            }
        ]
    }

    recording, alerting = import_groups(document)

    assert (recording.rule, recording.reason) == (None, "is a recording rule, not an alerting rule")
    assert alerting.rule is not None
    rule = read_rule(alerting.rule, rule_id="r")
    assert (rule.name, rule.duration, rule.keep_firing_for, str(rule.severity)) == ("HighLoad", 5400, 300, "critical")
    assert rule.description == "Load of is high:\n\nImported from Prometheus: node_load1 > 8"
    assert rule.runbook_url == "https://runbooks.example.com/load"


def test_what_differs_is_noted() -> None:
    left_out = convert(
        "node_filesystem_avail_bytes{fstype!='tmpfs'} / node_filesystem_size_bytes{fstype!='tmpfs'} < .1"
    )
    assert left_out.notes == ("fstype is left out: the agent sends no pseudo file systems",)
    assert "not known" in convert("queue_length > 5").notes[0]
    strange = import_rule({"alert": "A", "expr": "node_load1 > 1", "labels": {"severity": "purple"}})
    assert strange.notes == ("severity 'purple' is read as medium",)


@pytest.mark.parametrize("document", [None, [], {}, {"groups": {}}, {"groups": [5]}])
def test_what_is_no_rule_file_is_refused(document: object) -> None:
    with pytest.raises(InvalidInput, match="groups"):
        import_groups(document)


def test_a_bad_duration_is_named() -> None:
    assert "no duration" in import_rule({"alert": "A", "expr": "node_load1 > 1", "for": "soon"}).reason


WORDS = st.sampled_from(
    [
        *("node_load1", "up", "node_memory_MemTotal_bytes", "node_memory_MemAvailable_bytes", "mode", "5", "0.5", "1h"),
        *(
            "rate",
            "sum",
            "avg",
            "count",
            "abs",
            "absent",
            "time",
            "by",
            "without",
            "on",
            "group_left",
            "bool",
            "offset",
        ),
        *("(", ")", "[5m]", "{", "}", "=", "=~", "'a'", ">", "<", "==", "*", "/", "+", "-", "%", "^", ","),
        *("and", "or", "unless"),
    ]
)


@given(st.lists(WORDS, max_size=14) | st.text(max_size=20).map(lambda text: [text]))
def test_any_text_is_a_rule_or_has_a_reason(words: list[str]) -> None:
    imported = convert(" ".join(words))
    assert (imported.rule is None) == bool(imported.reason)
