"""People and the tick at one alert at the same moment: one of them ends it, everybody is told so once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from chalicelib.channels.registry import Registry
from chalicelib.domain.errors import Conflict
from chalicelib.services.respond import Respond
from chalicelib.services.tell import Tell
from chalicelib.storage.postgres.alerts import PostgresAlerts
from chalicelib.storage.postgres.channels import PostgresChannels
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.evaluation import PostgresEvaluation
from chalicelib.storage.postgres.outbox import PostgresOutbox
from chalicelib.storage.postgres.rules import PostgresRules
from chalicelib.storage.postgres.silences import PostgresSilences
from chalicelib.storage.postgres.tellings import PostgresTellings
from infra.local.postgres import Postgres
from tests.call import Reply
from tests.infra.local.eventually import eventually
from tests.integration.live import ALERTS, Live

ROUNDS = 8


@pytest.fixture
def another(postgres: Postgres, stack: None) -> Iterator[Callable[[], Respond]]:
    """Makes what people use, each time with a connection of its own, as containers have."""
    with ExitStack() as opened:

        def make() -> Respond:
            database = Database(postgres.url)
            opened.callback(database.close)
            tell = Tell(
                PostgresChannels(database),
                PostgresTellings(database),
                PostgresOutbox(database),
                Registry(lambda size: b"x" * size),
                new_id=lambda: f"ntf_{uuid.uuid4().hex}",
                cooldown_period=0,
                default_recipients=(),
            )
            books = PostgresAlerts(database), PostgresRules(database), PostgresSilences(database)
            return Respond(database, *books, tell)

        yield make


def test_an_alert_is_ended_once_whoever_comes_first(live: Live, another: Callable[[], Respond]) -> None:
    live.rule(recipients=["ann@example.com"], aggregation="last", cooldownPeriod=0)
    people = [another(), another(), another()]
    for number in range(ROUNDS):
        # given an alert that fires, and a sample with which it is over
        seconds = number * 40
        live.send(seconds, {"cpu_usage": 99})
        live.tick(seconds)
        firing = live.alerts()[0]
        alert_id = firing["id"]
        live.send(seconds + 10, {"cpu_usage": 1})

        # when two people take it in hand, one ends it, and the tick does, all at once
        now = live.at(seconds + 10)
        barrier = threading.Barrier(4)
        failed: list[BaseException] = []

        def act(
            what: Callable[[], object], barrier: threading.Barrier = barrier, failed: list[BaseException] = failed
        ) -> None:
            try:
                barrier.wait()
                what()
            except Conflict:
                pass  # somebody had ended it
            except BaseException as error:  # noqa: BLE001 -- shown by the test
                failed.append(error)

        def acknowledge(who: Respond, by: str, alert_id: str = alert_id, now: int = now) -> None:
            who.acknowledge(alert_id, by=by, comment="", expires_at=None, expected=None, now=now)

        def resolve(alert_id: str = alert_id, now: int = now) -> None:
            people[2].resolve(alert_id, by="cleo", comment="", expected=None, now=now)

        threads = [
            threading.Thread(target=act, args=(what,))
            for what in (
                lambda: acknowledge(people[0], "ann"),
                lambda: acknowledge(people[1], "bob"),
                resolve,
                lambda seconds=seconds: live.tick(seconds + 10),
            )
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        # then it has ended once, at most one of the two has it, and one message says that it is over
        assert failed == []
        alert = live.api.get(f"{ALERTS}/{alert_id}").body
        assert [step["to"] for step in alert["timeline"]] == ["pending", "firing", "resolved"]
        assert alert["resolvedReason"] in {"recovered", "manual"}
        assert alert["acknowledgedBy"] in {None, "ann", "bob"}
        told = live.api.get("/monitoring/notifications", alertId=alert_id).body["notifications"]
        assert sorted(entry["reason"] for entry in told if entry["reason"] in {"firing", "resolved"}) == [
            *("firing", "resolved")
        ]
        # and the version counts every change that was made
        assert alert["version"] == firing["version"] + 1 + (alert["acknowledgedBy"] is not None)


def test_a_host_is_forgotten_while_rules_are_judged_and_neither_waits_for_ever(live: Live, postgres: Postgres) -> None:
    # given a host with an alert that is pending, and a tick that has just begun to judge
    live.rule(duration=600)
    live.run("95")
    watcher, tick = Database(postgres.url), Database(postgres.url)
    waiting = "SELECT FROM pg_stat_activity WHERE application_name = 'perfmon' AND wait_event_type = 'Lock'"
    answers: list[Reply] = []
    forget = threading.Thread(target=lambda: answers.append(live.api.delete("/monitoring/hosts/web-1")))
    with ExitStack() as opened:
        opened.callback(watcher.close)
        opened.callback(tick.close)
        with tick.transaction():
            PostgresEvaluation(tick).begin()

            # when somebody forgets the host, and the tick goes on to the alerts
            forget.start()
            eventually(lambda: bool(watcher.ask(waiting, {})))
            (pending,) = PostgresAlerts(tick).live()

        # then the tick has them, and the host is forgotten once it is done
        forget.join()
    assert answers[0].status < 300, answers[0].body
    assert live.api.get(f"{ALERTS}/{pending.alert.id}").status == 404
