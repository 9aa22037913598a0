"""Verdicts: each operator, no data, recovery, and how conditions join."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.conditions import Condition, Operator
from chalicelib.domain.rules import Match, Rule, Verdict
from chalicelib.domain.verdicts import Readings, judge, judge_condition

NAN = float("nan")
B, C, N = Verdict.BREACHED, Verdict.CLEAR, Verdict.NO_DATA


def condition(operator: str, threshold: float, **more: Any) -> Condition:
    """A condition on some metric."""
    return Condition("m", Operator(operator), threshold, **more)


def readings(values: list[float], earlier: list[float] | None = None) -> Readings:
    """Values as arrays."""
    return Readings(np.array(values), None if earlier is None else np.array(earlier))


@pytest.mark.parametrize(
    ("operator", "at_89", "at_90", "at_91"),
    [
        ("greater_than", C, C, B),
        ("greater_than_or_equal", C, B, B),
        ("less_than", B, C, C),
        ("less_than_or_equal", B, B, C),
        ("equal", C, B, C),
        ("not_equal", B, C, B),
    ],
)
def test_a_value_is_compared_with_the_threshold(operator: str, at_89: Verdict, at_90: Verdict, at_91: Verdict) -> None:
    found = judge_condition(condition(operator, 90), readings([89, 90, 91, NAN]), firing=False)
    assert found.tolist() == [at_89, at_90, at_91, N]


def test_a_range_is_left_on_both_sides_and_includes_its_ends() -> None:
    outside = condition("outside_range", 10, threshold_high=20)
    found = judge_condition(outside, readings([9.9, 10, 15, 20, 20.1, NAN]), firing=False)
    assert found.tolist() == [B, C, C, C, B, N]


@pytest.mark.parametrize(
    ("operator", "value", "earlier", "verdict"),
    [
        ("percent_increase", 151, 100, B),
        ("percent_increase", 150, 100, C),
        ("percent_increase", 10, 100, C),
        ("percent_increase", -40, -100, B),  # from -100 to -40 it rose by 60 %
        ("percent_decrease", 49, 100, B),
        ("percent_decrease", 50, 100, C),
        ("percent_decrease", 500, 100, C),
        ("percent_increase", 5, 0, N),
        ("percent_decrease", 0, 0, N),
        ("percent_increase", 5, NAN, N),
        ("percent_increase", NAN, 5, N),
        ("percent_increase", 1e308, 1e-308, B),
    ],
)
def test_a_change_is_measured_against_the_earlier_value(
    operator: str, value: float, earlier: float, verdict: Verdict
) -> None:
    found = judge_condition(condition(operator, 50), readings([value], [earlier]), firing=False)
    assert found.tolist() == [verdict]


@pytest.mark.parametrize(
    ("operator", "recovery", "values", "not_firing", "firing"),
    [
        ("greater_than", 80, [91, 90, 81, 80], [B, C, C, C], [B, B, B, C]),
        ("greater_than_or_equal", 80, [90, 80, 79], [B, C, C], [B, B, C]),
        ("less_than", 95, [89, 90, 94, 95], [B, C, C, C], [B, B, B, C]),
        ("less_than_or_equal", 95, [90, 95, 96], [B, C, C], [B, B, C]),
        ("greater_than", None, [91, 90], [B, C], [B, C]),
    ],
)
def test_a_firing_alert_is_clear_only_beyond_its_recovery_threshold(
    operator: str, recovery: float | None, values: list[float], not_firing: list[Verdict], firing: list[Verdict]
) -> None:
    judged = condition(operator, 90, recovery_threshold=recovery)
    assert judge_condition(judged, readings(values), firing=False).tolist() == not_firing
    assert judge_condition(judged, readings(values), firing=True).tolist() == firing


JOINS = [
    (B, B, B, B),
    (B, C, C, B),
    (C, C, C, C),
    (B, N, N, B),
    (C, N, C, N),
    (N, N, N, N),
]


@pytest.mark.parametrize(("one", "other", "of_all", "of_any"), JOINS)
def test_conditions_join(one: Verdict, other: Verdict, of_all: Verdict, of_any: Verdict) -> None:
    value = {B: 2.0, C: 0.0, N: NAN}
    both = (condition("greater_than", 1), condition("greater_than", 1))

    for pair in ((one, other), (other, one)):
        found = [readings([value[each]]) for each in pair]
        assert judge(Rule("r", "r", both, Match.ALL), found, firing=False).tolist() == [of_all]
        assert judge(Rule("r", "r", both, Match.ANY), found, firing=False).tolist() == [of_any]


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1), st.sampled_from(Operator), st.booleans())
def test_many_values_are_judged_as_each_alone(values: list[float], operator: Operator, firing: bool) -> None:
    judged = condition(operator, 5, threshold_high=7, recovery_threshold=4)
    earlier = values[::-1]
    together = judge_condition(judged, readings(values, earlier), firing=firing)
    alone = [
        judge_condition(judged, readings([v], [e]), firing=firing)[0] for v, e in zip(values, earlier, strict=True)
    ]
    assert together.tolist() == alone


def test_a_table_of_groups_and_instants_keeps_its_shape() -> None:
    table = Readings(np.array([[1.0, 95.0], [NAN, 90.0]]))
    found = judge_condition(condition("greater_than", 90), table, firing=False)
    assert found.tolist() == [[C, B], [N, C]]
    alone = judge_condition(condition("greater_than", 90), Readings(np.array(95.0)), firing=False)
    assert Verdict(int(alone)) is B


def test_a_change_without_earlier_values_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="needs earlier values"):
        judge_condition(condition("percent_increase", 5), readings([1.0]), firing=False)
