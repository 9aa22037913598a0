"""Silences and maintenance windows: whom they cover, when they hold, when they have ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib.domain.cron import Cron
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.notifications import Mute, Reason
from chalicelib.domain.rules import Severity
from chalicelib.domain.silence_form import read_silence, read_window, write_silence, write_window
from chalicelib.domain.silences import MaintenanceWindow, Scope, Silence, Subject, ended_muting, muting

WEB = Subject("r1", ("cpu_usage",), Severity.HIGH, {"host": "web-1", "env": "prod"})
HOUR = 3_600_000
EVERYTHING = Scope(severities=frozenset(Severity))


def ms(text: str) -> int:
    """Epoch ms of an ISO text with an offset."""
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("scope", "covers"),
    [
        (Scope(rule_id="r1"), True),
        (Scope(rule_id="r2"), False),
        (Scope(metric_type="cpu_usage"), True),
        (Scope(metric_type="~cpu_.*|memory_.*"), True),
        (Scope(metric_type="!cpu_usage"), False),
        (Scope(severities=frozenset({Severity.HIGH, Severity.LOW})), True),
        (Scope(severities=frozenset({Severity.CRITICAL})), False),
        (Scope(tags=(("host", "~web-.*"),)), True),
        (Scope(tags=(("host", "~web-.*"), ("env", "!prod"))), False),
        (Scope(tags=(("datacenter", "eu"),)), False),
        (Scope("r1", "cpu_usage", frozenset({Severity.HIGH}), (("env", "prod"),)), True),
        (Scope("r1", "cpu_usage", frozenset({Severity.HIGH}), (("env", "test"),)), False),
    ],
)
def test_every_part_of_a_scope_must_fit(scope: Scope, *, covers: bool) -> None:
    assert scope.covers(WEB) == covers


def test_of_several_metric_types_one_suffices() -> None:
    several = Subject("r", ("cpu_usage", "memory_usage"), Severity.LOW)
    assert Scope(metric_type="memory_usage").covers(several)


def test_a_silence_holds_from_its_start_until_before_its_end() -> None:
    silence = Silence("s", EVERYTHING, 1000, 2000, "ann")
    assert [muting([silence], WEB, now) is not None for now in (999, 1000, 1999, 2000)] == [False, True, True, False]
    assert muting([silence], WEB, 1000) == Mute(Reason.SILENCED, "s")


def test_the_end_of_a_silence_is_seen_once_by_who_asks_at_every_tick() -> None:
    silences = [Silence("s", EVERYTHING, 1000, 2000, "ann"), Silence("t", EVERYTHING, 1000, 1995, "ann")]
    assert ended_muting(silences, WEB, since=1900, now=1990) is None
    assert ended_muting(silences, WEB, since=1990, now=2000) == Mute(Reason.SILENCED, "s")
    assert ended_muting(silences, WEB, since=2000, now=2010) is None
    assert ended_muting([Silence("s", Scope(rule_id="x"), 0, 5, "ann")], WEB, since=0, now=9) is None


def test_a_silence_that_was_lifted_before_it_began_never_held_and_never_ends() -> None:
    lifted = Silence("s", EVERYTHING, 2000, 2000, "ann")
    assert [muting([lifted], WEB, now) for now in (1999, 2000, 2001)] == [None, None, None]
    assert ended_muting([lifted], WEB, since=1990, now=2000) is None


@pytest.mark.parametrize(
    ("start", "hours", "zone", "now", "holds"),
    [
        ("0 2 * * sun", 2, "Europe/Berlin", "2026-01-04T02:00:00+01:00", True),
        ("0 2 * * sun", 2, "Europe/Berlin", "2026-01-04T03:59:59+01:00", True),
        ("0 2 * * sun", 2, "Europe/Berlin", "2026-01-04T04:00:00+01:00", False),
        ("0 2 * * sun", 2, "Europe/Berlin", "2026-01-04T01:59:59+01:00", False),
        ("0 2 * * sun", 2, "Europe/Berlin", "2026-07-05T02:00:00+02:00", True),
        ("0 23 * * *", 4, "UTC", "2026-01-02T02:30:00+00:00", True),  # over midnight
        # Spring: 02:00 does not exist, the window begins at 03:00 and lasts two hours all the same.
        ("0 2 * * sun", 2, "Europe/Berlin", "2026-03-29T01:59:59+01:00", False),
        ("0 2 * * sun", 2, "Europe/Berlin", "2026-03-29T03:00:00+02:00", True),
        ("0 2 * * sun", 2, "Europe/Berlin", "2026-03-29T04:59:59+02:00", True),
        ("0 2 * * sun", 2, "Europe/Berlin", "2026-03-29T05:00:00+02:00", False),
        # Autumn: 02:00 comes twice, the window begins at the first and lasts two hours: until the second 03:00.
        ("0 2 * * sun", 2, "Europe/Berlin", "2026-10-25T02:00:00+02:00", True),
        ("0 2 * * sun", 2, "Europe/Berlin", "2026-10-25T02:59:59+01:00", True),
        ("0 2 * * sun", 2, "Europe/Berlin", "2026-10-25T03:00:00+01:00", False),
        # A window of each hour leaves no hole in the hour that comes twice.
        ("0 * * * *", 1, "Europe/Berlin", "2026-10-25T02:30:00+01:00", True),
        ("0 * * * *", 1, "America/New_York", "2026-11-01T01:59:59-05:00", True),
        # Half an hour at Lord Howe, none ever in Kathmandu, and a day that Samoa left out.
        ("15 2 * * sun", 1, "Australia/Lord_Howe", "2026-10-04T02:44:59+11:00", False),
        ("15 2 * * sun", 1, "Australia/Lord_Howe", "2026-10-04T02:45:00+11:00", True),
        ("45 1 * * sun", 1, "Australia/Lord_Howe", "2026-04-05T02:14:59+10:30", True),
        ("45 1 * * sun", 1, "Australia/Lord_Howe", "2026-04-05T02:15:00+10:30", False),
        ("0 2 * * sun", 1, "Asia/Kathmandu", "2026-03-29T02:59:59+05:45", True),
        ("0 2 * * *", 1, "Pacific/Apia", "2011-12-31T02:00:00+14:00", True),
        ("*/5 * * * *", 1, "UTC", "2026-01-01T00:03:00+00:00", True),  # the next begins before this one ends
    ],
)
def test_a_window_holds_for_its_duration_from_each_start(
    start: str, hours: int, zone: str, now: str, *, holds: bool
) -> None:
    window = MaintenanceWindow("w", EVERYTHING, start, hours * 3600, zone, "ann")
    expected = Mute(Reason.MAINTENANCE, "w") if holds else None
    assert muting([window], WEB, ms(now)) == expected


def test_a_window_ends_and_says_when_it_comes_again() -> None:
    window = MaintenanceWindow("w", EVERYTHING, "0 2 * * *", 7200, "UTC", "ann")
    end = ms("2026-01-04T04:00:00+00:00")
    assert ended_muting([window], WEB, since=end - 10_000, now=end) == Mute(Reason.MAINTENANCE, "w")
    assert ended_muting([window], WEB, since=end, now=end + 10_000) is None
    assert window.next_span(end) == (end + 22 * HOUR, end + 24 * HOUR)


def test_a_window_does_not_hold_before_it_was_made() -> None:
    made = ms("2026-01-04T03:00:00+00:00")
    window = MaintenanceWindow("w", EVERYTHING, "0 2 * * *", 7200, "UTC", "ann", valid_from=made)
    assert muting([window], WEB, made + 1000) is None
    assert muting([window], WEB, made + 23 * HOUR) is not None


def test_a_window_looks_for_its_start_once_an_instant_however_many_alerts_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """A storm of alerts asks each window a thousand times, and one of every minute has 1440 starts a day."""
    looked: list[int] = []
    last_start = Cron.last_start

    def counted(cron: Cron, now: int, zone: ZoneInfo, *, not_before: int) -> int | None:
        looked.append(now)
        return last_start(cron, now, zone, not_before=not_before)

    monkeypatch.setattr(Cron, "last_start", counted)
    now = ms("2031-05-05T05:05:05+00:00")
    here = MaintenanceWindow("win_1", EVERYTHING, "* * * * *", 60, "Europe/Berlin", "ann")
    elsewhere = MaintenanceWindow("win_2", Scope(rule_id="other"), "*/2 * * * *", 60, "Europe/Berlin", "ann")

    found = {muting([elsewhere, here], WEB, now) for _ in range(1_000)}

    assert found == {Mute(Reason.MAINTENANCE, "win_1")}
    assert looked == [now]


def test_a_silence_is_read_and_written() -> None:
    given = {"ruleId": "r1", "severity": ["high"], "tags": {"host": "~web-.*"}, "endsAt": 5000, "comment": "move"}
    silence = read_silence(given, silence_id="s", author="ann", now=1000)
    scope = Scope("r1", None, frozenset({Severity.HIGH}), (("host", "~web-.*"),))
    assert silence == Silence("s", scope, 1000, 5000, "ann", "move")
    written = {name: value for name, value in write_silence(silence).items() if name not in ("id", "author")}
    assert read_silence(written, silence_id="s", author="ann", now=1000) == silence


_OURS = ("id", "author", "next", "validFrom", "validUntil")


def test_a_window_is_read_and_written() -> None:
    given = {"metricType": "cpu_usage", "start": "0 2 * * sun", "duration": 7200, "timeZone": "Europe/Berlin"}
    window = read_window(given, window_id="w", author="ann", now=0)
    assert window == MaintenanceWindow("w", Scope(metric_type="cpu_usage"), "0 2 * * sun", 7200, "Europe/Berlin", "ann")
    written = write_window(window, now=ms("2026-01-01T00:00:00+00:00"))
    assert written["next"] == {"startsAt": "2026-01-04T01:00:00.000Z", "endsAt": "2026-01-04T03:00:00.000Z"}
    written = {name: value for name, value in written.items() if name not in _OURS}
    assert read_window(written, window_id="w", author="ann", now=0) == window


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        ({"endsAt": 5000}, "ruleId", "name a ruleId, metricType, severity or tags"),
        ({"tags": {}, "severity": [], "endsAt": 5000}, "ruleId", "name a ruleId"),
        ({"ruleId": "r"}, "endsAt", "is missing"),
        ({"ruleId": "r", "endsAt": 1000}, "endsAt", "in the future"),
        ({"ruleId": "r", "endsAt": "tomorrow"}, "endsAt", "ISO 8601"),
        ({"ruleId": "r", "endsAt": True}, "endsAt", "ISO 8601"),
        ({"ruleId": "r", "startsAt": 9000, "endsAt": 5000}, "endsAt", "after startsAt"),
        ({"ruleId": "r", "startsAt": "x", "endsAt": 5000}, "startsAt", "ISO 8601"),
        ({"ruleId": "r", "endsAt": 10**14}, "endsAt", "within a year"),
        ({"ruleId": 5, "endsAt": 5000}, "ruleId", "must be a text"),
        ({"metricType": "~(", "endsAt": 5000}, "metricType", "without its )"),
        ({"severity": ["urgent"], "endsAt": 5000}, "severity.0", "must be one of"),
        ({"ruleId": "r", "endsAt": 5000, "until": 5}, "until", "is not a field here"),
    ],
)
def test_a_bad_silence_is_refused_by_name(given: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_silence(given, silence_id="s", author="ann", now=1000)
    assert says in {error.field: error.reason for error in refused.value.errors}[field]


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"start": None}, "start", "is missing"),
        ({"start": "daily"}, "start", "five fields"),
        ({"duration": None}, "duration", "is missing"),
        ({"duration": 5}, "duration", "from 60 to 604800"),
        ({"timeZone": "Berlin"}, "timeZone", "IANA"),
        ({"timeZone": "Europe"}, "timeZone", "IANA"),
        ({"timeZone": "../etc/passwd"}, "timeZone", "IANA"),
        ({"ruleId": None}, "ruleId", "name a ruleId"),
    ],
)
def test_a_bad_window_is_refused_by_name(changes: dict[str, Any], field: str, says: str) -> None:
    given = {"ruleId": "r", "start": "0 2 * * *", "duration": 3600} | changes
    with pytest.raises(InvalidInput) as refused:
        read_window(given, window_id="w", author="ann", now=0)
    assert says in {error.field: error.reason for error in refused.value.errors}[field]
