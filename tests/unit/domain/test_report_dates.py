"""Which stretch of time a report is about."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.instants import to_iso
from chalicelib.domain.report_dates import read_range
from chalicelib.domain.report_ranges import DAY, cell_width

NOW = 1_706_788_230_000  # 2024-02-01T11:50:30Z, a Thursday


def shown(period: str | None, start: str | None, end: str | None, zone: str = "UTC") -> tuple[str, str]:
    """The range as a report writes it."""
    found = read_range(period, start, end, zone, NOW)
    return to_iso(found.start), to_iso(found.end - 1)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2024-01-01", "2024-01-07"),
        ("2024-01-01T00:00:00.000Z", "2024-01-07T00:00:00.000Z"),
        ("2024-01-01T00:00:00.000Z", "2024-01-07T23:59:59.999Z"),
    ],
    ids=["dates", "JavaScript dates", "as answered"],
)
def test_the_specifications_range_is_written_as_there(start: str, end: str) -> None:
    assert shown("daily", start, end) == ("2024-01-01T00:00:00.000Z", "2024-01-07T23:59:59.999Z")


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("hourly", "2024-02-01T10:00:00.000Z", "2024-02-01T10:59:59.999Z"),
        ("daily", "2024-01-31T00:00:00.000Z", "2024-01-31T23:59:59.999Z"),
        ("weekly", "2024-01-22T00:00:00.000Z", "2024-01-28T23:59:59.999Z"),
        ("monthly", "2024-01-01T00:00:00.000Z", "2024-01-31T23:59:59.999Z"),
    ],
)
def test_without_dates_it_is_the_last_complete_period(period: str, start: str, end: str) -> None:
    assert shown(period, None, None) == (start, end)


def test_one_date_alone_begins_or_ends_one_period() -> None:
    assert shown("weekly", "2024-01-01", None) == ("2024-01-01T00:00:00.000Z", "2024-01-07T23:59:59.999Z")
    assert shown("weekly", None, "2024-01-07") == ("2024-01-01T00:00:00.000Z", "2024-01-07T23:59:59.999Z")
    assert shown("monthly", "2024-01-01", None)[1] == "2024-01-31T23:59:59.999Z"
    assert shown("daily", "2024-02-01", None)[1] == to_iso(NOW - 1)


def test_days_are_those_of_the_zone_also_when_the_clock_changes() -> None:
    spring = read_range("daily", "2023-03-26", "2023-03-26", "Europe/Berlin", NOW)
    week = read_range("weekly", "2023-03-20", "2023-03-26", "Europe/Berlin", NOW)

    assert (spring.end - spring.start) == 23 * 3_600_000
    assert to_iso(spring.start) == "2023-03-25T23:00:00.000Z"
    assert (week.whole_days, week.wording) == (7, "this week")
    assert [b - a for a, b in zip(week.steps(), week.steps()[1:], strict=False)] == [86_400_000] * 6 + [82_800_000]
    assert week.before().end - week.before().start == 7 * 86_400_000


def test_a_zone_that_skips_midnight_has_days_all_the_same() -> None:
    beirut = read_range("daily", "2023-03-26", "2023-03-27", "Asia/Beirut", NOW)
    assert (beirut.end - beirut.start) == 47 * 3_600_000
    assert beirut.whole_days == 2


def test_a_day_that_the_calendar_left_out_has_no_step() -> None:
    december = read_range("monthly", "2011-12-01", "2011-12-31", "Pacific/Apia", NOW)
    steps = december.steps()
    assert len(steps) == 31  # thirty days and the end
    assert {after - before for before, after in pairwise(steps)} == {DAY}


def test_before_a_month_comes_the_month_before_it_and_before_days_as_many_days() -> None:
    month = read_range("monthly", "2023-03-01", "2023-03-31", "UTC", NOW)
    days = read_range("daily", "2023-03-01", "2023-03-30", "UTC", NOW)
    hours = read_range("daily", "2023-03-01T10:30:00Z", "2023-03-01T12:30:00Z", "UTC", NOW)

    assert (to_iso(month.before().start), month.wording) == ("2023-02-01T00:00:00.000Z", "this month")
    assert to_iso(days.before().start) == "2023-01-30T00:00:00.000Z"
    assert (to_iso(hours.before().start), hours.before().end) == ("2023-03-01T08:30:00.000Z", hours.start)


@pytest.mark.parametrize(
    ("zone", "minutes"), [("UTC", 60), ("Asia/Kolkata", 30), ("Asia/Kathmandu", 15), ("Europe/Berlin", 60)]
)
def test_no_cell_lies_in_two_local_days(zone: str, minutes: int) -> None:
    found = read_range("weekly", "2024-01-01", "2024-01-07", zone, NOW)
    width = cell_width(found)
    assert width == minutes * 60_000
    assert all(begin % width == 0 for begin in found.steps())


def test_steps_follow_the_length_of_the_range() -> None:
    hour = read_range("hourly", None, None, "UTC", NOW)
    day = read_range("daily", None, None, "UTC", NOW)
    odd = read_range("daily", "2024-01-01T10:20:00Z", "2024-01-01T13:00:00Z", "UTC", NOW)
    assert (hour.step_name, len(hour.steps())) == ("5m", 13)
    assert (day.step_name, len(day.steps())) == ("1h", 25)
    assert odd.steps()[:2] == [odd.start, odd.start + 300_000]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (("yearly", None, None, "UTC"), "period"),
        (("daily", "2024-01-07", "2024-01-01", "UTC"), "endDate"),
        (("daily", "2024-02-02", None, "UTC"), "startDate"),
        (("daily", "2024-01-01", "2024-02-02", "UTC"), "endDate"),
        (("daily", "2014-01-01", "2024-01-01", "UTC"), "startDate"),
        (("daily", "2024-02-30", None, "UTC"), "startDate"),
        (("daily", "yesterday", None, "UTC"), "startDate"),
        (("daily", None, "2024-01-01T00:00:00", "UTC"), "endDate"),
        (("daily", None, None, "Mars/Olympus"), "timezone"),
        (("daily", None, None, "../../etc/passwd"), "timezone"),
        (("daily", "0001-01-01", "0001-01-02", "America/New_York"), "startDate"),
        (("daily", None, "9999-12-31", "UTC"), "endDate"),
        (("monthly", None, "0001-01-01", "UTC"), "endDate"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(given: tuple[str, str | None, str | None, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_range(*given, now=NOW)
    assert refused.value.field == field
    assert refused.value.message.startswith(f"{field}: ")


def test_today_may_be_the_end_wherever_it_is_today() -> None:
    auckland = read_range("daily", "2024-02-01", "2024-02-02", "Pacific/Auckland", NOW)
    assert datetime.fromtimestamp(auckland.end / 1000, ZoneInfo("Pacific/Auckland")).day == 3
    assert shown("daily", "2024-02-01", "2024-02-01")[1] == "2024-02-01T23:59:59.999Z"
