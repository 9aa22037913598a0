"""When schedules fire."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from infra.local import cron
from infra.local.failures import StackError


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("rate(1 minute)", "2026-01-01T10:00:30", "2026-01-01T10:01:00"),
        ("rate(1 minute)", "2026-01-01T10:00:00", "2026-01-01T10:01:00"),
        ("rate(5 minutes)", "2026-01-01T10:04:59", "2026-01-01T10:05:00"),
        ("rate(1 hour)", "2026-01-01T10:04:59", "2026-01-01T11:00:00"),
        ("rate(1 day)", "2026-01-01T10:04:59", "2026-01-02T00:00:00"),
        ("cron(0 3 * * ? *)", "2026-01-01T03:00:00", "2026-01-02T03:00:00"),
        ("cron(0 3 * * ? *)", "2026-01-01T02:59:59", "2026-01-01T03:00:00"),
        ("cron(0/15 * * * ? *)", "2026-01-01T10:31:00", "2026-01-01T10:45:00"),
        ("cron(5,10 8-9 * * ? *)", "2026-01-01T09:10:00", "2026-01-02T08:05:00"),
        ("cron(0 8 ? * MON *)", "2026-01-01T00:00:00", "2026-01-05T08:00:00"),
        ("cron(0 8 ? * 2-6 *)", "2026-01-02T09:00:00", "2026-01-05T08:00:00"),
        ("cron(0 0 1 * ? *)", "2026-01-01T00:00:00", "2026-02-01T00:00:00"),
        ("cron(0 0 29 FEB ? *)", "2026-01-01T00:00:00", "2028-02-29T00:00:00"),
        ("cron(30 23 31 12 ? 2027)", "2026-12-31T23:30:00", "2027-12-31T23:30:00"),
    ],
)
def test_the_next_time_is_the_first_one_after(expression: str, after: str, expected: str) -> None:
    next_time = cron.parse(expression)

    assert next_time(_utc(after)) == _utc(expected)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "every minute",
        "rate(0 minutes)",
        "rate(5 seconds)",
        "cron(0 3 * *)",
        "cron(61 3 * * ? *)",
        "cron(0 0 L * ? *)",
    ],
)
def test_an_expression_that_is_not_understood_is_named(expression: str) -> None:
    with pytest.raises(StackError, match="schedule"):
        cron.parse(expression)


def test_a_date_that_never_comes_is_an_error_not_an_endless_search() -> None:
    with pytest.raises(StackError, match="never comes"):
        cron.parse("cron(0 0 31 FEB ? *)")(_utc("2026-01-01T00:00:00"))


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
