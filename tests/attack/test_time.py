"""Time at its worst: far away, at the ends of calendars, in hours that come twice, and on clocks that jump."""

from __future__ import annotations

import pytest

from chalicelib.domain.instants import OutOfRange, parse_instant, parse_moment, to_iso
from chalicelib.wiring import ticking
from tests.attack.bodies import SAMPLE, SILENCE, SOME_RULE
from tests.attack.conftest import World
from tests.integration.live import ALERTS, Live

HOUR = 3600
FAR = [
    *("-999999999w", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z"),
    *("9999-12-31T23:59:59.9999Z", "9999-12-31T23:59:59-12:00", "9999-01-01T00:00:00Z", "-1", "999999999999999"),
]


@pytest.mark.parametrize("text", FAR)
def test_an_instant_beyond_all_use_is_refused(text: str) -> None:
    with pytest.raises(OutOfRange, match="between the years 1970 and 9998"):
        parse_moment(text, 1_790_000_000_000)


def test_no_moment_in_a_query_or_a_body_is_a_fault(world: World) -> None:
    for far in FAR:
        asked = [
            ("GET", ALERTS, None, "from"),
            ("GET", ALERTS, None, "to"),
            ("GET", f"{ALERTS}/stats", None, "from"),
            ("GET", world.path("/monitoring/alerts/{alert_id}/explain"), None, "at"),
            ("GET", "/monitoring/health/history", None, "to"),
            ("POST", f"{ALERTS}/rules/backtest", {"rule": SOME_RULE, "from": far, "to": "now"}, ""),
            ("POST", "/monitoring/silences", SILENCE | {"startsAt": far}, ""),
            ("POST", "/monitoring/silences", SILENCE | {"endsAt": far}, ""),
            ("POST", world.path("/monitoring/alerts/{alert_id}/acknowledge"), {"expiresAt": far}, ""),
        ]
        for method, path, body, name in asked:
            reply = world.api.call(method, path, body, query={name: far} if name else None)
            assert reply.status in (400, 409), (path, far)


def test_a_token_cannot_expire_so_late_that_no_list_can_show_it(world: World) -> None:
    body = {"name": "x", "scopes": ["read"]}
    refused = world.api.post("/monitoring/tokens", body | {"expiresAt": "9999-12-31T23:59:59-12:00"})
    assert (refused.status, refused.body["field"]) == (400, "expiresAt")
    assert world.api.post("/monitoring/tokens", body | {"expiresAt": "9998-12-31T23:59:59-12:00"}).status == 201
    assert world.api.get("/monitoring/tokens").status == 200


@pytest.mark.parametrize("text", ["2038-01-19T03:14:08.000Z", "2106-02-07T06:28:16.000Z"])
def test_an_instant_after_the_end_of_32_bits_is_one_as_any_other(text: str) -> None:
    assert to_iso(parse_instant(text)) == text


def test_life_goes_on_after_2038(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Record, drain, evaluate, tell and read, all at a clock past the end of signed 32 bits."""
    then = parse_instant("2038-02-01T12:00:00Z")
    monkeypatch.setattr("chalicelib.api.endpoint.time.time_ns", lambda: (then + 3_600_000) * 1_000_000)
    live = Live(world.api, then)
    live.rule(name="later", metricType="late", aggregation="last", channels=[world.ids["channel_id"]])
    assert _states(live, "50 95 95 50", "late") == ["-", "firing", "firing", "recovered"]
    points = world.api.get("/monitoring/metrics/query", metricType="late", from_="-2h", step="10s").body["series"]
    assert [value for _, value in points[0]["points"]] == [50, 95, 95, 50]


def test_a_leap_second_is_refused_by_name(world: World) -> None:
    """No clock of ours has one, and a minute of 61 seconds has no place on a grid of instants."""
    reply = world.api.post("/monitoring/metrics", SAMPLE | {"timestamp": "2016-12-31T23:59:60Z"})
    assert (reply.status, reply.body["field"]) == (400, "timestamp")


def test_ticks_go_on_when_a_clock_that_was_an_hour_ahead_is_set_right(world: World) -> None:
    live = Live(world.api, _base())
    live.rule(name="after all", metricType="steps", aggregation="last")

    assert not live.tick(0).skipped
    assert not live.tick(HOUR).skipped
    assert live.tick(HOUR).skipped
    assert _states(live, "50 95 95 50", "steps", start=20) == ["-", "firing", "firing", "recovered"]


def test_a_late_tick_and_one_that_comes_twice_still_fall_away(world: World) -> None:
    base = _base()
    tick = ticking.tick()
    assert not tick.run(base + 20_000, now=base + 20_000).skipped
    assert tick.run(base + 20_000, now=base + 20_000).skipped
    assert tick.run(base + 10_000, now=base + 21_000).skipped
    assert not tick.run(base + 30_000, now=base + 15_000).skipped


def test_an_alert_that_fired_on_a_clock_ahead_ends_when_it_is_right_again(world: World) -> None:
    live = Live(world.api, _base())
    live.rule(name="ahead", metricType="jumps", aggregation="last")
    assert _states(live, "50", "jumps") == ["-"]
    assert _states(live, "95", "jumps", start=HOUR) == ["firing"]
    assert _states(live, "50 50", "jumps", start=30)[-1] == "recovered"


def _states(live: Live, values: str, metric: str, *, start: int = 0) -> list[str]:
    """Send a value and tick, every ten seconds; how the newest alert of the metric stands after each."""
    states = []
    for place, value in enumerate(values.split()):
        live.send(start + 10 * place, {metric: float(value)})
        live.tick(start + 10 * place)
        found = live.alerts(metricType=metric)
        states.append(str(found[0]["resolvedReason"] or found[0]["state"]) if found else "-")
    return states


def _base() -> int:
    """A full minute an hour and a half ago: what comes an hour later is not ahead of the clock that samples see."""
    import time

    now = time.time_ns() // 1_000_000
    return now - now % 60_000 - 5_400_000
