"""Rules: what may be written, how it is read, and which edits change what is judged."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.conditions import Operator, is_aggregation
from chalicelib.domain.default_rules import default_rules
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.rule_form import amend_rule, read_rule, write_rule
from chalicelib.domain.rules import Match, NoData, Rule, Severity, judges_the_same
from chalicelib.domain.series import Kind
from chalicelib.tsdb.aggregate import AGGREGATIONS

PLAIN: dict[str, Any] = {"name": "n", "metricType": "cpu_usage", "condition": "greater_than", "threshold": 90}
SEVERAL: dict[str, Any] = {
    "name": "n",
    "match": "any",
    "conditions": [
        {"metricType": "cpu_usage", "condition": "greater_than", "threshold": 90},
        {"metricType": "memory_usage", "condition": "less_than", "threshold": 5, "window": 30, "aggregation": "p99"},
    ],
}


def read(**changes: Any) -> Rule:
    """The plain rule with changes."""
    return read_rule(PLAIN | changes, rule_id="r")


def test_a_rule_of_the_contract_is_read_as_written() -> None:
    rule = read_rule(
        {
            "name": "High Response Time",
            "metricType": "response_time",
            "condition": "greater_than",
            "threshold": 1000,
            "duration": 300,
            "enabled": True,
            "recipients": ["admin@codementor-ai.com"],
            "cooldownPeriod": 1800,
        },
        rule_id="r1",
    )

    assert (rule.id, rule.name, rule.duration, rule.enabled) == ("r1", "High Response Time", 300, True)
    assert (rule.recipients, rule.cooldown_period) == (("admin@codementor-ai.com",), 1800)
    condition = rule.conditions[0]
    assert (condition.metric_type, condition.operator) == ("response_time", Operator.GREATER_THAN)
    assert condition.threshold == 1000


def test_what_is_left_out_has_the_documented_default() -> None:
    rule = read()

    assert (rule.severity, rule.match, rule.no_data, rule.group_by) == (Severity.MEDIUM, Match.ALL, None, ())
    assert (rule.duration, rule.keep_firing_for, rule.cooldown_period, rule.repeat_interval) == (0, 0, None, 14_400)
    assert (rule.conditions[0].aggregation, rule.conditions[0].window) == ("avg", 60)
    assert (rule.policy(Kind.SAMPLED), rule.policy(Kind.EVENT)) == (NoData.KEEP, NoData.IGNORE)
    assert read(noData="alert").policy(Kind.EVENT) is NoData.ALERT


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"name": None}, "name", "is missing"),
    ({"name": ""}, "name", "1 to 200 characters"),
    ({"name": "   "}, "name", "1 to 200 characters"),
    ({"name": "x" * 201}, "name", "1 to 200 characters"),
    ({"name": 5}, "name", "must be a text"),
    ({"name": "a\nBcc: b@c.d"}, "name", "no line breaks"),
    ({"name": "a\x00"}, "name", "control"),
    ({"name": "\ud800"}, "name", "control"),
    ({"metricType": None}, "metricType", "is missing"),
    ({"metricType": "9lives"}, "metricType", "begin with a letter"),
    ({"metricType": "cpu usage"}, "metricType", "letters, digits"),
    ({"condition": None}, "condition", "is missing; one of greater_than"),
    ({"condition": "above"}, "condition", "must be one of greater_than"),
    ({"condition": []}, "condition", "must be one of"),
    ({"threshold": None}, "threshold", "is missing"),
    ({"threshold": "90"}, "threshold", "must be a number"),
    ({"threshold": True}, "threshold", "must be a number"),
    ({"threshold": float("nan")}, "threshold", "finite"),
    ({"threshold": float("inf")}, "threshold", "finite"),
    ({"threshold": 10**400}, "threshold", "finite"),
    ({"thresholdHigh": 5}, "thresholdHigh", "outside_range only"),
    ({"condition": "outside_range"}, "thresholdHigh", "is missing"),
    ({"condition": "outside_range", "thresholdHigh": 10}, "thresholdHigh", "below threshold"),
    ({"condition": "outside_range", "thresholdHigh": "x"}, "thresholdHigh", "must be a number"),
    ({"condition": "outside_range", "thresholdHigh": 99, "recoveryThreshold": 95}, "recoveryThreshold", "no meaning"),
    ({"condition": "equal", "recoveryThreshold": 9}, "recoveryThreshold", "no meaning for equal"),
    ({"recoveryThreshold": 91}, "recoveryThreshold", "must not be above threshold"),
    ({"condition": "less_than", "recoveryThreshold": 80}, "recoveryThreshold", "must not be below threshold"),
    ({"condition": "percent_increase", "threshold": -5}, "threshold", "percentage"),
    ({"compareTo": 3600}, "compareTo", "percent_increase and percent_decrease only"),
    ({"condition": "percent_increase", "compareTo": 0}, "compareTo", "from 1 to 2592000"),
    ({"aggregation": "mean"}, "aggregation", "must be one of avg"),
    ({"aggregation": "p100"}, "aggregation", "percentile"),
    ({"window": 0}, "window", "from 1 to 86400"),
    ({"window": 86_401}, "window", "from 1 to 86400"),
    ({"window": 1.5}, "window", "whole number of seconds"),
    ({"window": float("inf")}, "window", "whole number"),
    ({"tags": ["a"]}, "tags", "must be an object"),
    ({"tags": {"env": 1}}, "tags.env", "must be a text"),
    ({"tags": {"env": "~("}}, "tags.env", "without its )"),
    ({"tags": {"env": "!~*"}}, "tags.env", "nothing to repeat"),
    ({"tags": {"": "x"}}, "tags.", "1 to 64 characters"),
    ({"tags": {"env": "x" * 300}}, "tags.env", "at most 256"),
    ({"tags": {str(place): "x" for place in range(21)}}, "tags", "at most 20 tags"),
    ({"match": "some"}, "match", "must be one of all, any"),
    ({"groupBy": "host"}, "groupBy", "must be a list"),
    ({"groupBy": ["a", "b", "c", "d", "e", "f"]}, "groupBy", "at most 5"),
    ({"groupBy": ["a", 1]}, "groupBy.1", "must be a text"),
    ({"groupBy": [""]}, "groupBy.0", "1 to 64"),
    ({"duration": -1}, "duration", "from 0 to 604800"),
    ({"duration": "5m"}, "duration", "whole number of seconds"),
    ({"duration": True}, "duration", "whole number of seconds"),
    ({"keepFiringFor": 10**9}, "keepFiringFor", "from 0 to 604800"),
    ({"noData": "panic"}, "noData", "must be one of ignore, alert, keep"),
    ({"severity": "urgent"}, "severity", "must be one of low, medium, high, critical"),
    ({"enabled": "yes"}, "enabled", "must be true or false"),
    ({"recipients": ["a@b.c", "nobody"]}, "recipients.1", "email address"),
    ({"recipients": ["a@b.c\nBcc: x@y.z"]}, "recipients.0", "line breaks"),
    ({"recipients": ["a@b.c"] * 51}, "recipients", "at most 50"),
    ({"recipients": "a@b.c"}, "recipients", "must be a list"),
    ({"channels": [""]}, "channels.0", "channel"),
    ({"cooldownPeriod": -5}, "cooldownPeriod", "from 0 to"),
    ({"repeatInterval": 5}, "repeatInterval", "0 (never) or at least 60"),
    ({"repeatInterval": -5}, "repeatInterval", "from 0 to"),
    ({"escalation": []}, "escalation", "list of 1 to 10"),
    ({"escalation": ["x"]}, "escalation.0", "must be an object"),
    ({"escalation": [{"after": 60}]}, "escalation.0.channels", "is missing"),
    ({"escalation": [{"after": 0, "channels": ["a"]}]}, "escalation.0.after", "from 1 to"),
    ({"escalation": [{"after": 60, "channels": ["a"], "to": 1}]}, "escalation.0.to", "is not a field here"),
    (
        {"escalation": [{"after": 60, "channels": ["a"]}, {"after": 60, "channels": ["b"]}]},
        "escalation",
        "in the order of after",
    ),
    ({"description": 5}, "description", "must be a text"),
    ({"description": "x" * 4001}, "description", "characters long"),
    ({"runbookUrl": "javascript:alert(1)"}, "runbookUrl", "http or https"),
    ({"runbookUrl": "https://"}, "runbookUrl", "http or https"),
    ({"runbookUrl": "http://[x"}, "runbookUrl", "http or https"),
    ({"thresold": 5}, "thresold", "is not a field here"),
    ({"conditions": []}, "conditions", "list of 1 to 10"),
    ({"conditions": [{}]}, "metricType", "stands in each of conditions"),
]


@pytest.mark.parametrize(("changes", "field", "says"), WRONG, ids=lambda each: str(each)[:40])
def test_a_bad_value_is_refused_by_name(changes: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(**changes)

    reasons = {error.field: error.reason for error in refused.value.errors}
    assert says in reasons[field]


def test_every_mistake_is_named_at_once_and_with_its_place() -> None:
    given = {"match": 1, "conditions": [{"metricType": "a", "condition": "equal", "threshold": 1}, {"window": 0}]}

    with pytest.raises(InvalidInput) as refused:
        read_rule(given, rule_id="r")

    assert {error.field for error in refused.value.errors} == {
        *("name", "match", "conditions.1.metricType", "conditions.1.condition"),
        *("conditions.1.threshold", "conditions.1.window"),
    }


@pytest.mark.parametrize("given", [None, [], "rule", 5])
def test_what_is_no_object_is_refused(given: object) -> None:
    with pytest.raises(InvalidInput, match="must be an object"):
        read_rule(given, rule_id="r")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=5), each, max_size=3),
    max_leaves=5,
)
FIELDS = sorted({*write_rule(read()), "conditions", "match", "thresholdHigh", "recoveryThreshold", "compareTo"})


@given(JSON, st.sampled_from(FIELDS))
def test_any_json_is_either_a_rule_that_can_be_written_or_refused(value: Any, field: str) -> None:
    try:
        rule = read(**{field: value})
    except InvalidInput:
        return
    assert read_rule(json.loads(json.dumps(write_rule(rule))), rule_id="r") == rule


@pytest.mark.parametrize("given", [PLAIN, SEVERAL])
def test_what_is_written_reads_as_the_same_rule(given: dict[str, Any]) -> None:
    rule = read_rule(given | {"escalation": [{"after": 60, "channels": ["x"]}]}, rule_id="r")

    assert read_rule(json.loads(json.dumps(write_rule(rule))), rule_id="r") == rule
    assert ("conditions" in write_rule(rule)) == (given is SEVERAL)


def test_an_amendment_changes_what_it_names_and_nothing_else() -> None:
    rule = read(recipients=["a@b.c"], duration=60)

    amended = amend_rule(rule, {"threshold": 800, "enabled": False, "duration": None})

    assert (amended.conditions[0].threshold, amended.enabled, amended.duration) == (800, False, 0)
    assert amended.recipients == ("a@b.c",)


def test_an_amendment_may_change_between_one_condition_and_several() -> None:
    one, several = read(), read_rule(SEVERAL, rule_id="r")

    assert amend_rule(one, {"conditions": SEVERAL["conditions"], "match": "any"}).conditions == several.conditions
    assert amend_rule(several, {name: PLAIN[name] for name in PLAIN if name != "name"}).conditions == one.conditions
    with pytest.raises(InvalidInput, match="threshold: stands in each of conditions"):
        amend_rule(several, {"threshold": 5})


def test_a_new_operator_lets_go_of_the_old_ones_thresholds() -> None:
    rule = read(condition="outside_range", thresholdHigh=99)

    assert amend_rule(rule, {"condition": "less_than"}).conditions[0].threshold_high is None


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"threshold": 50}, True),
        ({"recoveryThreshold": 50}, True),
        ({"duration": 5, "recipients": ["a@b.c"], "name": "m", "description": "d", "severity": "low"}, True),
        ({"keepFiringFor": 5, "noData": "alert", "repeatInterval": 0, "cooldownPeriod": 5}, True),
        ({"metricType": "memory_usage"}, False),
        ({"tags": {"env": "prod"}}, False),
        ({"groupBy": ["host"]}, False),
        ({"condition": "less_than"}, False),
        ({"aggregation": "max"}, False),
        ({"window": 120}, False),
        ({"metricType": None, "condition": None, "threshold": None, "conditions": SEVERAL["conditions"]}, False),
    ],
)
def test_an_edit_of_what_is_judged_is_told_from_others(changes: dict[str, Any], *, same: bool) -> None:
    rule = read()
    assert judges_the_same(rule, amend_rule(rule, changes)) == same


def test_the_default_rules_are_the_contracts_three_and_three_that_wait() -> None:
    rules = {rule.name: rule for rule in default_rules(("ops@example.com",))}

    enabled = {
        name: (rule.metric_types, rule.conditions[0].threshold, rule.duration, rule.cooldown_period, str(rule.severity))
        for name, rule in rules.items()
        if rule.enabled
    }
    assert enabled == {
        "High Response Time": (("response_time",), 1000, 300, 1800, "high"),
        "High Error Rate": (("error_rate",), 5, 180, 900, "critical"),
        "High Memory Usage": (("memory_usage",), 90, 600, 3600, "high"),
    }
    assert rules["High Memory Usage"].group_by == ("host",)
    assert {name for name, rule in rules.items() if not rule.enabled} == {
        "Disk Almost Full",
        "High CPU Usage",
        "Host Down",
    }
    assert all(rule.recipients == ("ops@example.com",) for rule in rules.values())
    assert all(read_rule(write_rule(rule), rule_id=rule.id) == rule for rule in rules.values())


@pytest.mark.parametrize("name", [*AGGREGATIONS, "p50", "p99.9"])
def test_a_condition_may_aggregate_by_whatever_a_query_may(name: str) -> None:
    assert is_aggregation(name)
