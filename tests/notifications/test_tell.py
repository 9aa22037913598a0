"""Whom is told when: decisions over time, written with the alerts into real tables."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import settings, wiring
from chalicelib.domain.alerts import State
from chalicelib.domain.episodes import Change
from chalicelib.domain.instants import parse_instant
from chalicelib.domain.lifecycle import Acknowledgement
from chalicelib.domain.silences import Scope, Silence
from chalicelib.wiring import alerting, notifications
from tests.call import Api
from tests.notifications.conftest import NOW, Cloud, Story, add_webhook, keep_rule, rule

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000


def told(alert: str = "alert_a", channel: str | None = None) -> list[str]:
    """The reasons of all decisions about an alert, in order."""
    entries = notifications.ledger().of_alert(alert)
    return [str(each.entry.reason) for each in entries if channel is None or each.entry.channel_id == channel]


def story_of(**fields: Any) -> Story:
    """A story about a rule that tells one address."""
    return Story(keep_rule(rule(**({"recipients": ["ops@example.com"]} | fields))))


def test_nothing_is_done_while_nothing_is_due(cloud: Cloud) -> None:
    story = story_of()
    story.fire(NOW)
    story.tick(NOW + 10 * SECOND)
    story.tick(NOW + HOUR)
    assert told() == ["firing"]


def test_a_repeat_comes_at_its_interval_and_stops_when_acknowledged(cloud: Cloud) -> None:
    story = story_of(repeatInterval=3600)
    episode = story.fire(NOW)
    story.tick(NOW + HOUR - SECOND)
    story.tick(NOW + HOUR)
    seen = replace(episode, acknowledgement=Acknowledgement("anna", NOW + HOUR + SECOND), version=2)
    with wiring.database().transaction():
        alerting.alert_book().acknowledge(seen, NOW + HOUR + SECOND)
    story.tick(NOW + HOUR + SECOND, Change(State.FIRING, seen, story.rule))
    story.tick(NOW + 2 * HOUR)
    story.resolve(NOW + 3 * HOUR, seen)
    assert told() == ["firing", "repeat", "acknowledged", "resolved"]


def test_a_cooldown_holds_back_re_firings_and_tells_once_at_its_end(cloud: Cloud) -> None:
    story = story_of(cooldownPeriod=1800)
    story.resolve(NOW + MINUTE, story.fire(NOW, "a"))
    story.resolve(NOW + 3 * MINUTE, story.fire(NOW + 2 * MINUTE, "b"))
    story.fire(NOW + 4 * MINUTE, "c")
    story.tick(NOW + 29 * MINUTE)
    story.tick(NOW + 30 * MINUTE)
    story.tick(NOW + 31 * MINUTE)
    assert told("alert_a") == ["firing", "resolved"]
    assert told("alert_b") == ["cooldown", "cooldown"]
    assert told("alert_c") == ["cooldown", "cooldown_ended"]
    assert notifications.ledger().of_alert("alert_c")[-1].entry.flaps == 2


def test_a_cooldown_of_one_host_is_none_of_another(cloud: Cloud) -> None:
    story = story_of(cooldownPeriod=1800)
    story.resolve(NOW + MINUTE, story.fire(NOW, "a"))
    story.fire(NOW + 2 * MINUTE, "b", "web-2")
    assert told("alert_b") == ["firing"]


def test_a_silence_holds_everything_and_its_end_is_told_once(cloud: Cloud) -> None:
    story = story_of()
    silence = Silence("sil_1", Scope(rule_id="rule_1"), NOW - MINUTE, NOW + 10 * MINUTE, "anna")
    story.silences = [silence]
    episode = story.fire(NOW)
    story.tick(NOW + 5 * MINUTE)
    story.tick(NOW + 10 * MINUTE)
    story.tick(NOW + 11 * MINUTE)
    story.resolve(NOW + 12 * MINUTE, episode)
    assert told() == ["silenced", "silence_ended", "resolved"]
    assert notifications.ledger().of_alert("alert_a")[0].entry.mute_id == "sil_1"


def test_what_was_told_before_a_silence_is_told_at_its_end_that_it_still_fires(cloud: Cloud) -> None:
    story = story_of()
    story.fire(NOW)
    story.silences = [Silence("sil_1", Scope(rule_id="rule_1"), NOW + MINUTE, NOW + 2 * MINUTE, "anna")]
    for minute in range(1, 5):
        story.tick(NOW + minute * MINUTE)
    assert told() == ["firing", "silence_ended"]


def test_resolved_waits_for_the_end_of_a_silence(cloud: Cloud) -> None:
    story = story_of()
    episode = story.fire(NOW)
    story.silences = [Silence("sil_1", Scope(rule_id="rule_1"), NOW + MINUTE, NOW + 9 * MINUTE, "anna")]
    story.resolve(NOW + 2 * MINUTE, episode)
    story.tick(NOW + 3 * MINUTE)
    story.tick(NOW + 9 * MINUTE)
    story.tick(NOW + 10 * MINUTE)
    assert told() == ["firing", "silenced", "resolved"]


def test_steps_of_an_escalation_follow_until_somebody_has_it_in_hand(api: Api, cloud: Cloud) -> None:
    first, second = add_webhook(api, "http://a.example/", "first"), add_webhook(api, "http://b.example/", "second")
    story = story_of(escalation=[{"after": 300, "channels": ["first"]}, {"after": 900, "channels": [second]}])
    episode = story.fire(NOW)
    story.tick(NOW + 5 * MINUTE - SECOND)
    assert told(channel=first) == []
    story.tick(NOW + 5 * MINUTE)
    assert told(channel=first) == ["escalation"]
    seen = replace(episode, acknowledgement=Acknowledgement("anna", NOW + 6 * MINUTE), version=2)
    alerting.alert_book().acknowledge(seen, NOW + 6 * MINUTE)
    story.tick(NOW + 6 * MINUTE, Change(State.FIRING, seen, story.rule))
    story.tick(NOW + 15 * MINUTE)
    story.resolve(NOW + 16 * MINUTE, seen)
    assert told(channel=first) == ["escalation", "resolved"]
    assert told(channel=second) == ["acknowledged", "acknowledged"]


def test_every_channel_that_was_told_hears_of_the_end_also_when_the_rule_has_gone(api: Api, cloud: Cloud) -> None:
    channel = add_webhook(api, "http://a.example/")
    story = story_of(channels=[channel])
    story.fire(NOW)
    api.delete("/monitoring/alerts/rules/rule_1")
    assert told(channel=channel) == ["firing", "resolved"]
    assert told(channel="email:ops@example.com") == ["firing", "resolved"]


def test_a_channel_taken_out_of_the_rule_still_hears_of_the_end(api: Api, cloud: Cloud) -> None:
    channel = add_webhook(api, "http://a.example/")
    story = story_of(channels=[channel])
    episode = story.fire(NOW)
    story.rule = replace(story.rule, channels=())
    story.resolve(NOW + MINUTE, episode)
    assert told(channel=channel) == ["firing", "resolved"]


def test_a_channel_that_does_not_exist_is_written_down_and_not_told(cloud: Cloud) -> None:
    story = story_of(recipients=[], channels=["nowhere"])
    story.resolve(NOW + MINUTE, story.fire(NOW))
    assert told() == ["channel_disabled", "channel_disabled"]


def test_a_rate_limit_holds_back_and_the_next_message_says_how_much(api: Api, cloud: Cloud) -> None:
    channel = add_webhook(api, "http://a.example/", rateLimit=2)
    story = story_of(recipients=[], channels=[channel])
    for number in range(5):
        story.fire(NOW + number * SECOND, f"{number}", f"web-{number}")
    assert [told(f"alert_{number}") for number in range(5)] == [["firing"], ["firing"], *[["rate_limited"]] * 3]
    story.tick(NOW + HOUR + 10 * SECOND)
    entries = [notifications.ledger().of_alert(f"alert_{number}")[-1].entry for number in range(2, 5)]
    assert [str(each.reason) for each in entries] == ["firing", "firing", "rate_limited"]
    assert [each.held_back for each in entries][:2] == [3, 0]


def test_a_rule_that_names_nobody_tells_default_channels_by_severity_and_tags(api: Api, cloud: Cloud) -> None:
    high = add_webhook(api, "http://a.example/", "high", defaults={"severity": ["high", "critical"]})
    web = add_webhook(api, "http://b.example/", "web", defaults={"tags": {"host": "~web-.*"}})
    low = add_webhook(api, "http://c.example/", "low", defaults={"severity": ["low"]})
    story = story_of(recipients=[])
    story.fire(NOW, "a", "web-1")
    story.fire(NOW, "b", "db-1")
    assert [told("alert_a", channel) for channel in (high, web, low)] == [["firing"], ["firing"], []]
    assert [told("alert_b", channel) for channel in (high, web, low)] == [["firing"], [], []]


def test_without_default_channels_the_default_recipients_are_told(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERT_DEFAULT_RECIPIENTS", "boss@example.com")
    settings.current.cache_clear()
    notifications.tell.cache_clear()
    story_of(recipients=[]).fire(NOW)
    assert told(channel="email:boss@example.com") == ["firing"]


def test_quiet_hours_hold_back_what_is_not_severe_until_the_morning(api: Api, cloud: Cloud) -> None:
    quiet = {"from": "22:00", "to": "07:00", "timeZone": "Europe/Berlin", "severity": ["low", "medium", "high"]}
    channel = add_webhook(api, "http://a.example/", quietHours=quiet)
    night, morning = parse_instant("2026-07-01T23:30:00+02:00"), parse_instant("2026-07-02T07:00:00+02:00")
    story = story_of(recipients=[], channels=[channel])
    story.fire(night)
    story.tick(morning - 10 * SECOND)
    story.tick(morning)
    assert told() == ["maintenance", "silence_ended"]
    story.rule = replace(story.rule, severity=type(story.rule.severity)("critical"))
    story.fire(night, "b", "web-2")
    assert told("alert_b") == ["firing"]


def test_a_value_that_no_json_can_hold_does_not_keep_anybody_from_being_told(cloud: Cloud) -> None:
    story = story_of()
    episode = story.fire(NOW)
    infinite = replace(episode, alert=replace(episode.alert, id="alert_i"), value=float("inf"), tags={"host": "i"})
    story.tick(NOW, Change(State.PENDING, infinite, story.rule))
    assert told("alert_i") == ["firing"]


def test_a_pending_alert_is_written_down_and_nobody_told(cloud: Cloud) -> None:
    story = story_of()
    from chalicelib.domain.alerts import Alert, Transition

    fired = story.fire(NOW, "x")  # only for its shape
    alert = Alert("alert_p", State.PENDING, NOW)
    pending = replace(fired, alert=alert, tags={"host": "web-9"})
    begun = Transition(NOW, "alert_p", None, State.PENDING)
    story.tick(NOW, Change(None, pending, story.rule, transitions=(begun,)))
    story.tick(NOW + 10 * SECOND, Change(State.PENDING, pending, story.rule, dropped=True))
    assert told("alert_p") == ["pending", "pending"]


def test_hundreds_of_firing_alerts_cost_a_quiet_tick_nothing(cloud: Cloud) -> None:
    story = story_of()
    episodes = [story.fire(NOW + number, f"{number}", f"web-{number}") for number in range(300)]
    began = time.process_time()
    for second in range(20):
        story.tick(NOW + MINUTE + second * SECOND)
    each = (time.process_time() - began) / 20
    assert len(episodes) == 300
    assert each < 0.05, f"{each * 1000:.1f} ms of CPU a tick"
