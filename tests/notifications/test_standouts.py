"""What else changed on a host, from its samples to the explanation of the alert and a reply in Slack's thread."""

from __future__ import annotations

import json
import math
import time
from functools import partial
from typing import Any

import pytest

from chalicelib.wiring import notifications, ticking
from tests.call import Api
from tests.notifications.conftest import Cloud, Story, keep_rule, rule
from tests.notifications.receiver import Receiver

RULES = "/monitoring/alerts/rules"


@pytest.fixture
def instant() -> int:
    """An instant of the grid that has just been."""
    now = time.time_ns() // 1_000_000
    return now - now % 10_000 - 20_000


def record_an_hour(api: Api, end: int) -> None:
    """An hour of two hosts; in the last three minutes web-1 has a burst on its disk, and its CPU is high of it."""
    snapshots = []
    for number in range(390):
        at = end - number * 10_000
        wave = math.sin(number * 1.7) * 3
        is_late = number < 18
        busy = {"cpu_usage": 97.0 if is_late else 30 + wave, "disk_latency": 80 + wave if is_late else 4 + wave / 3}
        calm = {"memory_usage": 61 + wave, "load": 2 + wave / 10, "requests_total": 90_000 - number * 50.0}
        snapshots.append({"tags": {"host": "web-1"}, "timestamp": at, "metrics": busy | calm})
        snapshots.append({"tags": {"host": "web-2"}, "timestamp": at, "metrics": {"disk_latency": 900.0 - number}})
    assert api.post("/monitoring/metrics", {"snapshots": snapshots}).status == 202


def hot(api: Api, **more: Any) -> str:
    """A rule about cpu_usage and no other rules; its id."""
    for each in api.get(RULES).body["rules"]:
        api.delete(f"{RULES}/{each['id']}")
    body = {"name": "hot", "metricType": "cpu_usage", "condition": "greater_than", "threshold": 90, "severity": "high"}
    created = api.post(RULES, body | {"groupBy": ["host"], "aggregation": "last"} | more)
    assert created.status == 201, created.body
    return str(created.body["id"])


def test_what_else_changed_follows_the_message_as_a_reply_and_is_part_of_the_explanation(
    api: Api, cloud: Cloud, hook: Receiver, instant: int
) -> None:
    # given a host on which a disk and the CPU went up together, and a bot and an address to be told
    hook.body = json.dumps({"ok": True, "ts": "171.001", "channel": "C123"}).encode()
    config = {"token": "xoxb-secret", "channel": "#alerts", "apiUrl": hook.url}
    bot = api.post("/monitoring/channels", {"name": "slack", "type": "slack", "config": config}).body["id"]
    hot(api, channels=[bot])
    record_an_hour(api, instant)

    # when the alert fires
    ticking.run(instant, lambda: instant)
    (alert,) = api.get("/monitoring/alerts/active").body["alerts"]
    assert (alert["state"], alert["tags"]) == ("firing", {"host": "web-1"})

    # then the explanation says at once what else changed there: the disk, and nothing that is as ever
    found = api.get(f"/monitoring/alerts/{alert['id']}/explain").body["alsoChanged"]
    assert [each["metricType"] for each in found["standouts"]] == ["disk_latency"]
    assert found["standouts"][0]["now"] > 70
    assert found["message"].startswith("Also changed on host=web-1: disk_latency from ")

    # and nothing of it goes out before the message itself has arrived
    assert [got.path for got in hook.got] == []
    ticking.run(instant + 10_000, lambda: instant + 10_000)
    cloud.run(instant + 10_000)
    assert [got.path for got in hook.got] == ["/chat.postMessage"]

    # then it follows as a reply, once
    for at in (instant + 20_000, instant + 30_000):
        ticking.run(at, partial(int, at))
        cloud.run(at)
    (_, reply) = hook.got
    assert (reply.path, reply.body["thread_ts"], reply.body["text"]) == (
        *("/chat.postMessage", "171.001"),
        found["message"] + ".",
    )
    assert "reply_broadcast" not in reply.body
    told = notifications.ledger().of_alert(alert["id"])
    assert [(str(each.entry.reason), str(each.state)) for each in told] == [("firing", "sent"), ("standouts", "sent")]


def test_a_calm_host_and_an_alert_that_is_nowhere_say_so(api: Api, cloud: Cloud, instant: int) -> None:
    # given an alert about one host, and one about all of them together
    hot(api)
    api.post(
        RULES,
        {"name": "all", "metricType": "cpu_usage", "condition": "greater_than", "threshold": 90, "aggregation": "last"},
    )
    snapshots = [
        {"tags": {"host": "db-1"}, "timestamp": instant - number * 10_000, "metrics": {"cpu_usage": 95.0, "load": 3.0}}
        for number in range(390)
    ]
    api.post("/monitoring/metrics", {"snapshots": snapshots})
    ticking.run(instant, lambda: instant)

    alerts = {each["ruleName"]: each["id"] for each in api.get("/monitoring/alerts/active").body["alerts"]}
    said = {name: api.get(f"/monitoring/alerts/{each}/explain").body["alsoChanged"] for name, each in alerts.items()}
    assert said == {"hot": {"message": "Nothing else stands out on host=db-1", "standouts": []}, "all": None}


def test_a_tag_that_looks_like_markup_is_text_in_the_reply(api: Api, cloud: Cloud, hook: Receiver) -> None:
    hook.body = json.dumps({"ok": True, "ts": "171.001", "channel": "C123"}).encode()
    config = {"token": "xoxb-secret", "channel": "#alerts", "apiUrl": hook.url}
    bot = api.post("/monitoring/channels", {"name": "slack", "type": "slack", "config": config}).body["id"]
    now = time.time_ns() // 1_000_000
    Story(keep_rule(rule(channels=[bot]))).fire(now, host="<!channel>&")
    cloud.run(now)

    notifications.standouts().run(now)
    assert notifications.standouts().follow_up(now) == 1
    assert notifications.standouts().follow_up(now) == 0
    cloud.run(now)
    assert hook.got[-1].body["text"] == "Nothing else stands out on host=&lt;!channel&gt;&amp;."


def test_what_was_told_together_has_no_thread_and_nothing_is_taken_for_a_failure(
    api: Api, cloud: Cloud, hook: Receiver
) -> None:
    # given two alerts of which a bot told in one message
    hook.body = json.dumps({"ok": True, "ts": "171.001", "channel": "C123"}).encode()
    config = {"token": "xoxb-secret", "channel": "#alerts", "apiUrl": hook.url}
    bot = api.post("/monitoring/channels", {"name": "slack", "type": "slack", "config": config}).body["id"]
    now = time.time_ns() // 1_000_000
    Story(keep_rule(rule(channels=[bot], groupWait=30))).fire_all(now, ["a", "b"])
    cloud.run(now + 30_000)
    assert len(hook.got) == 1

    # when what else changed is looked for
    notifications.standouts().run(now + 30_000)
    notifications.standouts().follow_up(now + 30_000)
    cloud.run(now + 30_000)

    # then there is nothing of one of them alone to write it below, and the channel works all the same
    assert len(hook.got) == 1
    told = [notifications.ledger().of_alert(f"alert_{name}")[-1] for name in ("a", "b")]
    assert [(str(each.entry.reason), str(each.state)) for each in told] == [("standouts", "superseded")] * 2
    assert api.get(f"/monitoring/channels/{bot}").body["lastError"] is None
