"""Two containers at the same moment: whatever they do side by side counts once, and nothing is in each other's way."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import pytest

from chalicelib import wiring
from chalicelib.api.schemas.samples import read_batch
from chalicelib.domain.errors import NotFound
from chalicelib.domain.rule_records import RuleRecord
from chalicelib.storage.postgres.evaluation import PostgresEvaluation
from chalicelib.storage.postgres.rules import PostgresRules
from chalicelib.wiring import alerting, notifications, ticking
from tests.infra.local.eventually import eventually
from tests.integration.live import ALERTS, RULES, Live

T = TypeVar("T")
Container = Callable[[Callable[[], T]], T]
ROUNDS = 8
METRICS = "/monitoring/metrics"


def at_once(*doings: Callable[[], T]) -> list[T]:
    """Do all of it at the same moment; what each gave. The first failure is raised."""
    barrier = threading.Barrier(len(doings))
    given: dict[int, T] = {}
    failed: list[BaseException] = []

    def run(place: int, do: Callable[[], T]) -> None:
        try:
            barrier.wait(30)
            given[place] = do()
        except BaseException as error:  # noqa: BLE001 -- raised again by whoever waits
            failed.append(error)

    threads = [threading.Thread(target=run, args=each) for each in enumerate(doings)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return [given[place] for place in range(len(doings))]


def told(live: Live, alert_id: str) -> list[str]:
    """Why somebody was told about an alert, in the order of the alphabet."""
    entries = live.api.get("/monitoring/notifications", alertId=alert_id).body["notifications"]
    return sorted(entry["reason"] for entry in entries)


def test_two_ticks_of_one_instant_do_it_once(live: Live, container: Container[Any]) -> None:
    live.rule(recipients=["ann@example.com"], aggregation="last", cooldownPeriod=0)
    first, second = container(ticking.tick), container(ticking.tick)
    for number in range(ROUNDS):
        seconds = 20 * number
        for value, after in ((99, 0), (1, 10)):
            live.send(seconds + after, {"cpu_usage": value})
            instant = live.at(seconds + after)
            ticked = at_once(*(partial(tick.run, instant, now=instant) for tick in (first, second)))
            assert sorted(each.skipped for each in ticked) == [False, True]
            assert [each.failed for each in ticked] == [[], []]
        alert = live.api.get(f"{ALERTS}/{live.alerts()[0]['id']}").body
        assert [step["to"] for step in alert["timeline"]] == ["pending", "firing", "resolved"]
        assert told(live, alert["id"]) == ["firing", "resolved"]
    assert len(live.alerts()) == ROUNDS


def test_two_ticks_of_neighbouring_instants_leave_out_neither(live: Live, container: Container[Any]) -> None:
    live.rule(recipients=["ann@example.com"], aggregation="last", cooldownPeriod=0)
    first, second = container(ticking.tick), container(ticking.tick)
    for number in range(ROUNDS):
        seconds = 40 * number
        live.send(seconds, {"cpu_usage": 99})
        live.send(seconds + 10, {"cpu_usage": 99})
        earlier, later = live.at(seconds), live.at(seconds + 10)
        ticked = at_once(partial(first.run, earlier, now=later), partial(second.run, later, now=later))
        assert [each.failed for each in ticked] == [[], []]
        assert not ticked[1].skipped
        # whichever drains, the first to judge may do so without those samples: the next instant has them all
        live.send(seconds + 20, {"cpu_usage": 99})
        live.tick(seconds + 20)
        assert live.state() == "firing"
        live.send(seconds + 30, {"cpu_usage": 1})
        live.tick(seconds + 30)
        alert_id = live.alerts()[0]["id"]
        assert told(live, alert_id) == ["firing", "resolved"]
    assert len(live.alerts()) == ROUNDS


def test_drains_and_compactions_beside_each_other_hide_nothing_from_a_query(
    live: Live, container: Container[Any]
) -> None:
    drains = [container(wiring.drain), container(wiring.drain)]
    compactions = [container(wiring.compact), container(wiring.compact)]
    now = live.base + 900_000
    asked = {"metricType": "orders", "aggregation": "count", "from_": "-2h", "to": "now", "step": "2h", "fill": "null"}

    def count() -> float:
        series = live.api.get(f"{METRICS}/query", **asked).body["series"]
        return sum(value or 0 for each in series for _, value in each["points"])

    for number in range(1, ROUNDS + 1):
        events = [{"metricType": "orders", "value": place, "timestamp": live.at(number)} for place in range(50)]
        assert live.api.post(METRICS, events).status == 202
        doings: list[Callable[[], Any]] = [partial(one.run, now) for one in drains + compactions]
        assert at_once(*doings, count)[-1] == 50 * number
    assert count() == 50 * ROUNDS


def test_a_request_that_comes_to_eight_containers_at_once_counts_once(live: Live, container: Container[Any]) -> None:
    body = json.dumps({"metricType": "orders", "value": 1}).encode()
    recorders = [container(wiring.ingest) for _ in range(8)]
    now = live.base + 900_000
    for number in range(ROUNDS):
        once = ("tok", f"key-{number}", b"d" * 32)
        accepted = at_once(
            *(partial(one.record, read_batch(body), now=now, once=lambda once=once: once) for one in recorders)
        )
        assert [each.accepted for each in accepted] == [1] * 8
        wiring.drain().run(now)
    found = live.api.get(f"{METRICS}/realtime", types="orders", windowSeconds="300").body["orders"]
    assert len(found) <= ROUNDS
    asked = {"metricType": "orders", "aggregation": "count", "from_": "-2h", "to": "now", "step": "2h"}
    (series,) = live.api.get(f"{METRICS}/query", **asked).body["series"]
    assert sum(value or 0 for _, value in series["points"]) == ROUNDS


def test_a_rule_that_is_deleted_while_it_is_judged_leaves_no_alert_behind(
    live: Live, container: Container[Any]
) -> None:
    judge, book = container(ticking.tick), container(alerting.rules)
    for number in range(ROUNDS):
        seconds = 20 * number
        rule_id = live.rule(name=f"hot {number}", aggregation="last", recipients=["ann@example.com"])
        live.send(seconds, {"cpu_usage": 99})
        instant = live.at(seconds)
        ticked, _ = at_once(
            partial(judge.run, instant, now=instant),
            partial(book.delete, rule_id, expected=None, actor="ann", now=instant),
        )
        assert ticked.failed == []
        live.tick(seconds + 10)
        assert live.api.get(f"{ALERTS}/active").body["alerts"] == []
        assert live.api.get(f"{RULES}/{rule_id}").status == 404


def test_a_rule_that_is_changed_while_its_error_is_written_down_waits_for_nobody_who_waits_for_it(
    live: Live, container: Container[Any]
) -> None:
    rule_id, now = live.rule(), live.at(0)
    database, book = container(wiring.database), container(alerting.rules)
    changed: list[RuleRecord] = []

    def change() -> None:
        changed.append(book.change(rule_id, {"threshold": 95}, expected=None, actor="ann", now=now))

    changing = threading.Thread(target=change)
    with database.transaction() as connection:
        PostgresEvaluation(database).begin()
        changing.start()
        eventually(lambda: connection.execute("SELECT FROM pg_locks WHERE NOT granted").rowcount)
        PostgresRules(database).note_errors({rule_id: "cannot be judged"}, now)
    changing.join()
    assert [record.version for record in changed] == [2]
    assert live.api.get(f"{RULES}/{rule_id}").body["threshold"] == 95


def test_a_channel_that_is_deleted_while_it_is_told_keeps_nobody_else_from_being_told(
    live: Live, container: Container[Any]
) -> None:
    judge, book = container(ticking.tick), container(notifications.channels)
    hook = {"type": "email", "config": {"to": ["bob@example.com"]}}
    for number in range(ROUNDS):
        seconds = 20 * number
        created = live.api.post("/monitoring/channels", hook | {"name": f"hook {number}"})
        assert created.status == 201, created.body
        channel_id = created.body["id"]
        who = {"recipients": ["ann@example.com"], "channels": [channel_id]}
        rule_id = live.rule(name=f"hot {number}", aggregation="last", **who)
        live.send(seconds, {"cpu_usage": 99})
        instant = live.at(seconds)
        ticked, _ = at_once(
            partial(judge.run, instant, now=instant),
            partial(book.delete, channel_id, expected=None, actor="ann", now=instant),
        )
        assert ticked.failed == []
        (alert,) = live.alerts(ruleId=rule_id)
        entries = live.api.get("/monitoring/notifications", alertId=alert["id"]).body["notifications"]
        assert {entry["channelId"] for entry in entries} - {channel_id}
        with pytest.raises(NotFound):
            book.delete(channel_id, expected=None, actor="ann", now=instant)
