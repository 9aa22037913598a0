"""A function's role allows what its code calls, and nothing else."""

from __future__ import annotations

import pytest

from infra.aws.functions import FUNCTIONS
from tests.laws.aws_calls import aws_calls
from tests.laws.names import python_name
from tests.laws.reach import reach_of


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_role_allows_exactly_what_the_adapters_call(name: str) -> None:
    allowed = {action for statement in FUNCTIONS[name].may for action in statement["Action"]}
    called = aws_calls(reach_of(python_name(name)))

    assert called - allowed == set(), f"infra/aws/functions.py: {name} calls what it may not"
    assert allowed - called == set(), f"infra/aws/functions.py: {name} may do what it does not call"


def test_the_law_sees_what_it_is_about() -> None:
    assert aws_calls(reach_of("schedule_ticks")) == {"sqs:GetQueueUrl", "sqs:SendMessage"}
