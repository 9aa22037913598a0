"""Series of which nothing is stored any more leave the catalogue; all others stay."""

from __future__ import annotations

import time

import psycopg
import pytest

from chalicelib import wiring
from chalicelib.storage.postgres.orphans import PostgresOrphans
from infra.local.postgres import Postgres
from tests.call import Api

HOUR, DAY = 3_600_000, 86_400_000
METRICS = "/monitoring/metrics"


def at_night() -> int:
    """The next 03:17 UTC."""
    now = time.time_ns() // 1_000_000
    return now - now % DAY + DAY + 197 * 60_000


def record(api: Api, metric: str, *hosts: str) -> None:
    """A sample of each host three hours ago, drained."""
    now = time.time_ns() // 1_000_000
    snapshots = [{"tags": {"host": host}, "timestamp": now - 3 * HOUR, "metrics": {metric: 1}} for host in hosts]
    assert api.post(METRICS, {"snapshots": snapshots}).status == 202
    wiring.drain().run(now)


def names(api: Api) -> dict[str, set[str]]:
    """The hosts of each metric in the catalogue."""
    found = api.get(f"{METRICS}/catalog").body["metrics"]
    series = {each["metricType"]: api.get(f"{METRICS}/series", metricType=each["metricType"]) for each in found}
    return {name: {each["tags"]["host"] for each in answer.body["series"]} for name, answer in series.items()}


@pytest.fixture
def aged(api: Api, postgres: Postgres) -> Api:
    """Series that are long known: two with rollups, one in a head alone, two of which nothing is left."""
    record(api, "gone", "a")
    record(api, "load", "left")
    wiring.compact().run(time.time_ns() // 1_000_000 + 400_000)
    with psycopg.connect(postgres.url) as connection:
        for table in ("blocks", "hours", "rollups", "series_lists", "rolled_hours"):
            connection.execute(f"DELETE FROM {table}")
    record(api, "load", "a", "b")
    wiring.compact().run(time.time_ns() // 1_000_000 + 400_000)
    record(api, "load", "new")
    with psycopg.connect(postgres.url) as connection:
        connection.execute("UPDATE series_catalogue SET first_seen = now() - interval '500 days'")
    return api


def test_only_series_without_samples_and_rollups_are_forgotten(aged: Api) -> None:
    assert names(aged) == {"gone": {"a"}, "load": {"left", "a", "b", "new"}}
    PostgresOrphans(wiring.database()).run(at_night())
    assert names(aged) == {"load": {"a", "b", "new"}}


def test_one_that_is_forgotten_and_sends_again_is_back(aged: Api) -> None:
    PostgresOrphans(wiring.database()).run(at_night())
    wiring.ingest.cache_clear()
    record(aged, "gone", "a")
    assert names(aged)["gone"] == {"a"}


def test_at_other_times_and_beside_a_compaction_nothing_is_done(aged: Api, postgres: Postgres) -> None:
    orphans = PostgresOrphans(wiring.database())
    orphans.run(at_night() + HOUR)
    with psycopg.connect(postgres.url) as other:
        other.execute("SELECT FROM compaction FOR UPDATE")
        orphans.run(at_night())
    assert names(aged)["gone"] == {"a"}


def test_while_samples_are_kept_longer_than_rollups_nothing_is_forgotten(aged: Api, postgres: Postgres) -> None:
    with psycopg.connect(postgres.url) as connection:
        connection.execute("DELETE FROM rollups")
        connection.execute("DELETE FROM series_lists")
    PostgresOrphans(wiring.database()).run(at_night())
    assert names(aged) == {"gone": {"a"}, "load": {"left", "a", "b", "new"}}


def test_young_series_stay(aged: Api, postgres: Postgres) -> None:
    with psycopg.connect(postgres.url) as connection:
        connection.execute("UPDATE series_catalogue SET first_seen = now()")
    PostgresOrphans(wiring.database()).run(at_night())
    assert names(aged)["gone"] == {"a"}
