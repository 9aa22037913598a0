"""Alerts of one rule that fire together are told in one message, and each of them is accounted for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.wiring import notifications
from tests.call import Api
from tests.infra.local.eventually import eventually
from tests.notifications.conftest import NOW, Cloud, Story, add_webhook, keep_rule, rule
from tests.notifications.receiver import Receiver

WAIT = 30_000


def states(*names: str) -> list[str]:
    """What became of the last notification of each alert."""
    return [str(notifications.ledger().of_alert(f"alert_{name}")[-1].state) for name in names]


def listed(body: Any) -> list[str]:
    """The alerts that a message tells of."""
    return [each["id"] for each in body.get("alerts", [body["alert"]])]


@pytest.fixture
def story(api: Api, cloud: Cloud, hook: Receiver) -> Story:
    """A rule whose alerts wait half a minute for each other, and a webhook to be told."""
    return Story(keep_rule(rule(channels=[add_webhook(api, f"{hook.url}/hook")], groupWait=30)))


def test_what_fires_within_the_wait_is_one_message_and_has_an_entry_each(
    story: Story, cloud: Cloud, hook: Receiver
) -> None:
    # given two alerts at once, and one more before the wait of the first is over
    first = [story.fire(NOW, name, f"web-{name}") for name in ("a", "b")]
    cloud.run(NOW)
    story.fire(NOW + 20_000, "c", "web-c")
    cloud.run(NOW + 20_000)
    assert hook.got == []

    # when it is over, then one message tells of all three
    cloud.run(NOW + WAIT)
    (got,) = hook.got
    assert listed(got.body) == ["alert_a", "alert_b", "alert_c"]
    assert got.body["subject"] == "High: High CPU (3 alerts)"
    assert got.body["text"] == "3 alerts of High CPU."
    assert states("a", "b", "c") == ["sent", "sent", "sent"]
    for name in ("a", "b", "c"):
        (entry,) = notifications.ledger().of_alert(f"alert_{name}")
        assert [str(attempt.outcome) for attempt in entry.attempts] == ["sent"]

    # and what happens to one of them later is a message of its own
    story.resolve(NOW + 60_000, first[1])
    cloud.run(NOW + 60_000)
    assert (hook.got[-1].body["reason"], listed(hook.got[-1].body)) == ("resolved", ["alert_b"])
    assert len(hook.got) == 2

    # as is what fires after the message was sent
    story.fire(NOW + 70_000, "d", "web-d")
    cloud.run(NOW + 70_000 + WAIT)
    assert listed(hook.got[-1].body) == ["alert_d"]


def test_one_that_is_over_within_the_wait_is_told_and_ended_in_its_order(
    story: Story, cloud: Cloud, hook: Receiver
) -> None:
    first = story.fire(NOW, "a", "web-a")
    story.resolve(NOW + 10_000, first)
    cloud.run(NOW + WAIT)
    assert [got.body["reason"] for got in hook.got] == ["firing", "resolved"]


def test_a_receiver_that_recovers_gets_all_of_them_once(story: Story, cloud: Cloud, hook: Receiver) -> None:
    hook.answers = [(503, {})]
    for name in ("a", "b"):
        story.fire(NOW, name, f"web-{name}")
    cloud.run(NOW + WAIT)
    assert states("a", "b") == ["dispatched", "dispatched"]

    def is_sent() -> bool:
        cloud.run(NOW + WAIT)
        return states("a", "b") == ["sent", "sent"]

    eventually(is_sent, seconds=30)
    assert [listed(got.body) for got in hook.got] == [["alert_a", "alert_b"]] * 2
    assert len({got.headers["webhook-id"] for got in hook.got}) == 1


def test_what_is_refused_for_good_has_failed_for_all_and_can_be_sent_again_one_by_one(
    api: Api, story: Story, cloud: Cloud, hook: Receiver
) -> None:
    hook.answers = [(400, {})]
    for name in ("a", "b"):
        story.fire(NOW, name, f"web-{name}")
    cloud.run(NOW + WAIT)
    assert states("a", "b") == ["failed", "failed"]

    (entry,) = notifications.ledger().of_alert("alert_b")
    assert api.post(f"/monitoring/notifications/{entry.entry.id}/retry").status == 202
    cloud.run()
    assert listed(hook.got[-1].body) == ["alert_b"]
    assert states("a", "b") == ["failed", "sent"]


def test_a_message_holds_forty_and_the_rest_follows(story: Story, cloud: Cloud, hook: Receiver) -> None:
    for number in range(45):
        story.fire(NOW, f"{number:02}", f"web-{number}")
    cloud.run(NOW + WAIT)
    assert [len(listed(got.body)) for got in hook.got] == [40, 5]
    told = Counter(alert for got in hook.got for alert in listed(got.body))
    assert set(told.values()) == {1}
    assert len(told) == 45


def test_long_words_make_smaller_messages_and_stop_nobody(api: Api, cloud: Cloud, hook: Receiver) -> None:
    """SQS takes 256 kB: what it refuses would stand before all that is to be told, of whatever rule."""
    queue = cloud.sqs.get_queue_url(QueueName=cloud.jobs.name)["QueueUrl"]
    # The emulator counts characters, of four bytes each, where SQS counts bytes.
    cloud.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MaximumMessageSize": "150000"})
    channel = add_webhook(api, f"{hook.url}/hook")
    longest = {"description": "\U0001f525" * 4_000, "runbookUrl": "https://wiki.example/" + "x" * 1_900}
    together = Story(keep_rule(rule(channels=[channel], groupWait=30, **longest)))
    together.fire_all(NOW, [f"{number:02}" for number in range(45)])
    cloud.run(NOW + WAIT)
    told = [alert for got in hook.got for alert in listed(got.body)]
    assert len(told) == len(set(told)) == 45
    assert len(hook.got) < 10

    single = Story(replace(together.rule, group_wait=0))
    single.fire_all(NOW + WAIT, [f"s{number:02}" for number in range(20)])
    cloud.run(NOW + WAIT)
    assert len([got for got in hook.got if got.body["alert"]["id"].startswith("alert_s")]) == 20


def test_pagerduty_keeps_an_incident_for_each_and_need_not_wait(api: Api, cloud: Cloud, hook: Receiver) -> None:
    config = {"routingKey": "R0UT1NGKEY" + "a" * 22, "url": hook.url}
    created = api.post("/monitoring/channels", {"name": "pd", "type": "pagerduty", "config": config})
    assert created.status == 201, created.body
    story = Story(keep_rule(rule(channels=["pd"], groupWait=30)))
    hook.always = (202, {})
    for name in ("a", "b"):
        story.fire(NOW, name, f"web-{name}")
    cloud.run(NOW)
    assert len({got.body["dedup_key"] for got in hook.got}) == 2


def test_together_they_are_one_message_to_a_rate_limit(api: Api, cloud: Cloud, hook: Receiver) -> None:
    body = {"name": "slow", "type": "webhook", "config": {"url": hook.url}, "rateLimit": 1}
    channel = api.post("/monitoring/channels", body).body["id"]
    story = Story(keep_rule(rule(channels=[channel], groupWait=30)))
    story.fire_all(NOW, ["a", "b", "c"])
    cloud.run(NOW + WAIT)
    assert [listed(got.body) for got in hook.got] == [["alert_a", "alert_b", "alert_c"]]


def test_what_was_told_together_stays_one_message_to_a_rate_limit_afterwards(
    api: Api, cloud: Cloud, hook: Receiver
) -> None:
    # given a channel that takes two messages an hour, and one that told of three alerts
    body = {"name": "slow", "type": "webhook", "config": {"url": hook.url}, "rateLimit": 2}
    channel = api.post("/monitoring/channels", body).body["id"]
    story = Story(keep_rule(rule(channels=[channel], groupWait=30)))
    story.fire_all(NOW, ["a", "b", "c"])
    cloud.run(NOW + WAIT)

    # when more fire later, then there is one message left for them, and no other
    story.fire_all(NOW + 60_000, ["d", "e"])
    cloud.run(NOW + 60_000 + WAIT)
    story.fire(NOW + 120_000, "f", "web-f")
    cloud.run(NOW + 120_000 + WAIT)
    told = [["alert_a", "alert_b", "alert_c"], ["alert_d", "alert_e"]]
    assert [listed(got.body) for got in hook.got] == told
    assert states("f") == ["not_sent"]
