"""Cron-like starts: what is understood, and the nights on which the clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.cron import InvalidCron, parse_cron

BERLIN, NEW_YORK, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("UTC")
LORD_HOWE, APIA = ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Pacific/Apia")


def ms(text: str) -> int:
    """Epoch ms of an ISO text; without an offset it is UTC."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("cron", "zone", "now", "following"),
    [
        ("* * * * *", UTC_ZONE, "2026-01-01T00:00:30", "2026-01-01T00:01:00"),
        ("30 2 * * *", UTC_ZONE, "2026-01-01T02:30:00", "2026-01-02T02:30:00"),
        ("*/15 9-17 * * mon-fri", UTC_ZONE, "2026-01-02T17:50:00", "2026-01-05T09:00:00"),
        ("0 0 1 jan,jul *", UTC_ZONE, "2026-01-01T00:00:00", "2026-07-01T00:00:00"),
        ("0 0 * * 7", UTC_ZONE, "2026-01-01T00:00:00", "2026-01-04T00:00:00"),
        ("0 0 * * 0", UTC_ZONE, "2026-01-01T00:00:00", "2026-01-04T00:00:00"),
        ("0 0 13 * fri", UTC_ZONE, "2026-01-03T00:00:00", "2026-01-09T00:00:00"),  # either day suffices
        ("0 0 29 2 *", UTC_ZONE, "2026-01-01T00:00:00", "2028-02-29T00:00:00"),
        ("5/20 * * * *", UTC_ZONE, "2026-01-01T00:05:00", "2026-01-01T00:25:00"),
        ("30 2 * * *", BERLIN, "2026-03-28T12:00:00", "2026-03-29T03:30:00+02:00"),  # 02:30 is skipped
        ("30 2 * * *", BERLIN, "2026-03-29T12:00:00", "2026-03-30T02:30:00+02:00"),
        ("30 2 * * *", BERLIN, "2026-10-24T12:00:00", "2026-10-25T02:30:00+02:00"),  # shown twice: the first
        ("30 2 * * *", BERLIN, "2026-10-25T00:30:00", "2026-10-26T02:30:00+01:00"),
        # Every hour means every hour: the one that comes twice has its starts twice, and half of one at Lord Howe.
        ("0 * * * *", BERLIN, "2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"),
        ("30 * * * *", NEW_YORK, "2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00"),
        ("*/10 * * * *", LORD_HOWE, "2026-04-05T01:50:00+11:00", "2026-04-05T01:30:00+10:30"),
        ("0 * * * *", BERLIN, "2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"),
        ("15 2 * * *", LORD_HOWE, "2026-10-03T12:00:00", "2026-10-04T02:45:00+11:00"),  # 02:15 is skipped
        ("15 2 * * *", ZoneInfo("Asia/Kathmandu"), "2026-10-03T12:00:00", "2026-10-04T02:15:00+05:45"),
        ("0 22 30 12 *", APIA, "2011-12-30T06:00:00-10:00", "2011-12-31T22:00:00+14:00"),  # no 30th that year
        ("0 22 30 12 *", APIA, "2011-12-31T21:00:00+14:00", "2011-12-31T22:00:00+14:00"),
        ("0 0 29 2 *", UTC_ZONE, "2096-03-01T00:00:00", "2104-02-29T00:00:00"),  # 2100 is no leap year
        ("0 22 * * *", NEW_YORK, "2026-07-01T00:00:00", "2026-06-30T22:00:00-04:00"),  # 02:00 in UTC
    ],
)
def test_the_next_start_is_by_the_zones_clock(cron: str, zone: ZoneInfo, now: str, following: str) -> None:
    assert parse_cron(cron).next_start(ms(now), zone) == ms(following)


@given(
    st.sampled_from(
        ["*/7 * * * *", "30 2 * * *", "0,30 1-3 * * *", "15 2 * * sun", "0 0 1 * *", "59 23 * * 6", "0 * * * *"]
    ),
    st.sampled_from([BERLIN, NEW_YORK, UTC_ZONE, LORD_HOWE, ZoneInfo("Asia/Beirut")]),
    st.integers(ms("2026-01-01") // 1000, ms("2028-01-01") // 1000),
)
def test_the_last_start_before_the_next_one_is_the_last_one(text: str, zone: ZoneInfo, seconds: int) -> None:
    now, cron = seconds * 1000, parse_cron(text)
    following = cron.next_start(now, zone)
    assert following is not None
    assert following > now
    assert cron.last_start(following, zone, not_before=0) == following
    last = cron.last_start(now, zone, not_before=now - 70 * 86_400_000)
    assert last is not None
    assert last <= now
    assert cron.next_start(last, zone) == following


@given(st.integers(0, 800))
def test_a_daily_start_happens_once_on_every_day(days: int) -> None:
    day = datetime(2026, 1, 1, tzinfo=UTC).date() + timedelta(days=days)
    assert len(list(parse_cron("30 2 * * *").starts_on(day, BERLIN))) == 1


def test_a_start_before_the_limit_does_not_count() -> None:
    cron = parse_cron("0 2 * * *")
    now = ms("2026-01-02T12:00:00")
    assert cron.last_start(now, UTC_ZONE, not_before=now - 10 * 3_600_000) == ms("2026-01-02T02:00:00")
    assert cron.last_start(now, UTC_ZONE, not_before=now - 9 * 3_600_000) is None
    assert parse_cron("0 0 29 2 *").last_start(now, UTC_ZONE, not_before=now - 86_400_000) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "five fields"),
        ("* * * *", "five fields"),
        ("@daily", "five fields"),
        ("60 * * * *", "minute: '60' must lie within 0 to 59"),
        ("* 24 * * *", "hour"),
        ("* * 0 * *", "day of month"),
        ("* * * 13 *", "month"),
        ("* * * * 8", "day of week"),
        ("5-1 * * * *", "its begin before its end"),
        ("*/0 * * * *", "minute"),
        ("a * * * *", "minute: 'a' is not understood"),
        ("1,, * * * *", "not understood"),
        ("-1 * * * *", "not understood"),
        ("* * 31 2 *", "never starts"),
        ("* * 30,31 feb *", "never starts"),
        ("٣ * * * *", "not understood"),
    ],
)
def test_what_is_no_cron_says_which_field(text: str, says: str) -> None:
    with pytest.raises(InvalidCron, match=says):
        parse_cron(text)
