"""Series are deleted with all that is stored of them, and nothing else is touched."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.domain.selectors import parse_selection
from chalicelib.services.delete_series import DeleteSeries
from chalicelib.services.readers import Readers
from chalicelib.storage.postgres.audit import PostgresAudit
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.deletion import PostgresDeletion
from chalicelib.storage.postgres.rules import PostgresRules
from infra.local.postgres import Postgres
from tests.call import Api
from tests.conftest import forget_wiring

HOUR = 3_600_000
METRICS = "/monitoring/metrics"


@pytest.fixture
def begin() -> int:
    """The begin of an hour that is over."""
    now = time.time_ns() // 1_000_000
    return now - now % HOUR - 4 * HOUR


def record(api: Api, begin: int, *, minutes: int = 60, hosts: str = "ab") -> None:
    """A sample a minute of two metrics of each host."""
    snapshots = [
        {"tags": {"host": host}, "timestamp": begin + minute * 60_000, "metrics": {"load": minute, "heat": 1.0}}
        for minute in range(minutes)
        for host in hosts
    ]
    assert api.post(METRICS, {"snapshots": snapshots}).status == 202


def counts(api: Api, begin: int, metric: str, hours: int = 3) -> dict[str, int]:
    """How many samples a query finds, by host."""
    asked = {"from_": str(begin), "to": str(begin + hours * HOUR), "step": f"{hours}h", "groupBy": "host"}
    answer = api.get(f"{METRICS}/query", metricType=metric, aggregation="count", **asked).body
    return {each["tags"]["host"]: round(sum(v for _, v in each["points"] if v)) for each in answer["series"]}


def delete(api: Api, **query: str) -> Any:
    """The answer to a deletion."""
    answer = api.delete(f"{METRICS}/series", **query)
    assert answer.status == 200, answer.body
    return answer.body


def fill(api: Api, begin: int) -> None:
    """An hour in full blocks with rollups, one in small blocks, and one in heads."""
    record(api, begin)
    wiring.drain().run(begin + 2 * HOUR)
    wiring.compact().run(begin + 3 * HOUR)
    record(api, begin + HOUR)
    wiring.drain().run(begin + 3 * HOUR)
    wiring.compact().run(begin + 3 * HOUR + 400_000)
    record(api, begin + 2 * HOUR)
    wiring.drain().run(begin + 4 * HOUR)


def test_a_dry_run_says_what_would_go_and_changes_nothing(api: Api, begin: int) -> None:
    fill(api, begin)
    rule = {"name": "busy", "metricType": "load", "condition": "greater_than", "threshold": 1}
    api.post("/monitoring/alerts/rules", rule)
    assert delete(api, metricType="load", tags="host:a") == {
        "dryRun": True,
        "metricType": "load",
        "series": 1,
        "samples": 180,
        "readByRules": ["busy"],
    }
    assert counts(api, begin, "load") == {"a": 180, "b": 180}


def test_chosen_series_go_and_the_others_stay_to_the_last_sample(api: Api, begin: int, postgres: Postgres) -> None:
    fill(api, begin)
    found = delete(api, metricType="load", tags="host:a", dryRun="false")
    assert (found["dryRun"], found["series"], found["samples"]) == (False, 1, 180)

    assert counts(api, begin, "load") == {"b": 180}
    assert counts(api, begin, "heat") == {"a": 180, "b": 180}
    assert [each["tags"] for each in api.get(f"{METRICS}/series", metricType="load").body["series"]] == [{"host": "b"}]

    # nor do its rollups tell of it any more, and compaction goes on as ever
    wiring.compact().run(begin + 5 * HOUR)
    with Database(postgres.url).transaction() as connection:
        rolled = connection.execute("SELECT DISTINCT tags ->> 'host' FROM rollups_5m WHERE metric_type = 'load'")
        assert rolled.fetchall() == [("b",)]
        kept = connection.execute(
            "SELECT sum(samples) FROM blocks b JOIN metric_types m ON m.number = b.metric WHERE m.name = 'load'"
        ).fetchone()
        assert kept == (180,)
        connection.close()
    assert counts(api, begin, "load") == {"b": 180}

    # and who did it is on record
    entries = [each for _, each in PostgresAudit(wiring.database()).page(None, 10, resource="series")]
    assert [(each.action, each.actor, each.resource_id, each.before) for each in entries] == [
        ("deleted", "test", "load", {"tags": "host:a", "series": 1, "samples": 180})
    ]


def test_a_whole_metric_goes_and_can_come_back_as_a_new_one(api: Api, begin: int) -> None:
    fill(api, begin)
    assert delete(api, metricType="load", dryRun="false")["series"] == 2
    assert counts(api, begin, "load") == {}
    assert [each["metricType"] for each in api.get(f"{METRICS}/catalog").body["metrics"]] == ["heat"]
    assert counts(api, begin, "heat") == {"a": 180, "b": 180}

    # a container that has announced its series before is asked again; here another one sends
    forget_wiring()
    record(api, begin + HOUR, minutes=5, hosts="b")
    wiring.drain().run(begin + 4 * HOUR)
    assert counts(api, begin, "load") == {"b": 5}


def test_what_a_warm_container_still_sends_waits_and_is_not_lost(api: Api, begin: int) -> None:
    fill(api, begin)
    delete(api, metricType="load", dryRun="false")
    record(api, begin + HOUR, minutes=5, hosts="b")  # its series are known to it: it does not say what they are
    wiring.drain().run(begin + 4 * HOUR)
    assert counts(api, begin, "load") == {}
    forget_wiring()
    record(api, begin + HOUR, minutes=1, hosts="b")
    wiring.drain().run(begin + 4 * HOUR + 10_000)
    assert counts(api, begin, "load") == {"b": 5}


def test_deleting_drain_and_compaction_at_once_leave_a_whole_store(api: Api, begin: int, postgres: Postgres) -> None:
    fill(api, begin)
    failed: list[BaseException] = []
    barrier = threading.Barrier(2)

    def delete_beside() -> None:
        database = Database(postgres.url)
        service = DeleteSeries(PostgresDeletion(database), Readers(PostgresRules(database)), PostgresAudit(database))
        try:
            for host in "cdef":
                barrier.wait(30)
                selection = parse_selection(f"host:{host}")
                service.run("load", selection, f"host:{host}", dry_run=False, actor="t", now=begin)
        except BaseException as error:  # noqa: BLE001 -- shown by the test
            failed.append(error)
            barrier.abort()
        finally:
            database.close()

    for host in "cdef":
        record(api, begin, hosts=host, minutes=10)
    wiring.drain().run(begin + 4 * HOUR)
    thread = threading.Thread(target=delete_beside)
    thread.start()
    for number in range(4):
        barrier.wait(30)
        record(api, begin + 3 * HOUR, minutes=number + 1, hosts="b")
        wiring.drain().run(begin + 4 * HOUR + number)
        wiring.compact().run(begin + 5 * HOUR + number)
    thread.join()

    assert failed == []
    assert counts(api, begin, "load", 4) == {"a": 180, "b": 184}
    assert counts(api, begin, "heat", 4) == {"a": 180, "b": 184, "c": 10, "d": 10, "e": 10, "f": 10}


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ({}, 400, "metricType"),
        ({"metricType": "load", "dryRun": "no"}, 400, "dryRun"),
        ({"metricType": "load", "tags": "host"}, 400, "tags"),
        ({"metricType": "load", "force": "1"}, 400, "force"),
        ({"metricType": "nothing"}, 404, None),
        ({"metricType": "load", "tags": "host:z"}, 404, None),
    ],
)
def test_what_is_wrong_is_named(api: Api, begin: int, query: dict[str, str], status: int, field: str | None) -> None:
    record(api, begin, minutes=1)
    wiring.drain().run(begin + HOUR)
    answer = api.delete(f"{METRICS}/series", **query)
    assert (answer.status, answer.body.get("field")) == (status, field)


@pytest.mark.parametrize("scope", ["read", "ingest", "respond", "manage"])
def test_only_administrators_delete(api: Api, scope: str) -> None:
    caller = Api(api.post("/monitoring/tokens", {"name": "x", "scopes": [scope]}).body["token"])
    assert caller.delete(f"{METRICS}/series", metricType="load").status == 403
