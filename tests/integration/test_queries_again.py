"""A query asked again remembers which series it chose, and answers what a container that just started answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from chalicelib import wiring
from chalicelib.domain.errors import Unavailable
from chalicelib.services.derived import DerivedQueries
from chalicelib.services.metric_query import MetricQuery
from infra.local.postgres import Postgres
from tests.call import Api

METRICS = "/monitoring/metrics"


@pytest.fixture
def another(api: Api, container: Callable[[Any], Any]) -> DerivedQueries:
    """Queries of another container, which shares nothing with the one that the API runs in."""
    queries: DerivedQueries = container(wiring.query)
    return queries


def send(api: Api, host: str, value: float = 1.0) -> None:
    """One sample of a host, now."""
    assert api.post(METRICS, {"snapshots": [{"tags": {"host": host}, "metrics": {"load": value}}]}).status == 202


def asked(**changes: Any) -> MetricQuery:
    """The last hour's number of samples, by host."""
    now = time.time_ns() // 1_000_000
    return MetricQuery(
        **{
            "metric_type": "load",
            "start": now - 3_000_000,
            "end": now + 60_000,
            "step": 86_400_000,
            "aggregation": "count",
            "group_by": ("host",),
            **changes,
        }
    )


def hosts(queries: DerivedQueries, **changes: Any) -> dict[str, float]:
    """The number of samples by host."""
    table = queries.run(asked(**changes)).series
    return {each.tags["host"]: sum(value or 0 for _, value in each.points) for each in table}


@pytest.mark.parametrize("when", ["before the drain", "after the drain"])
def test_a_series_that_came_since_is_in_the_next_answer(
    api: Api, drain: Callable[[], Any], another: DerivedQueries, when: str
) -> None:
    send(api, "a")
    drain()
    here = wiring.query()
    for queries in (here, another, here, another):
        assert hosts(queries) == {"a": 1}
    send(api, "b")
    if when == "after the drain":
        drain()
    for queries in (here, another, here, another):
        assert hosts(queries) == {"a": 1, "b": 1}
        assert hosts(queries, selection=(("host", "b"),)) == {"b": 1}
    drain()
    assert hosts(here) == hosts(another) == {"a": 1, "b": 1}


def test_series_that_were_deleted_are_in_no_answer_of_any_container_also_when_as_many_came(
    api: Api, drain: Callable[[], Any], another: DerivedQueries
) -> None:
    send(api, "a")
    send(api, "b")
    drain()
    assert hosts(wiring.query()) == hosts(another) == {"a": 1, "b": 1}
    assert api.delete(f"{METRICS}/series", metricType="load", tags="host:a", dryRun="false").status == 200
    assert hosts(wiring.query()) == hosts(another) == {"b": 1}
    send(api, "c")
    drain()
    assert hosts(wiring.query()) == hosts(another) == {"b": 1, "c": 1}


def test_a_metric_type_that_nobody_knew_is_found_as_soon_as_somebody_sends_it(
    api: Api, drain: Callable[[], Any]
) -> None:
    for _ in range(2):
        assert hosts(wiring.query()) == {}
    send(api, "a")
    for _ in range(2):
        assert hosts(wiring.query()) == {"a": 1}
    drain()
    for _ in range(2):
        assert hosts(wiring.query()) == {"a": 1}


def test_what_was_chosen_for_other_tags_or_another_unit_is_another_choice(api: Api, drain: Callable[[], Any]) -> None:
    for host in "ab":
        api.post(METRICS, {"metricType": "size", "value": 2, "unit": "kB", "tags": {"host": host}})
    drain()
    queries = wiring.query()
    for _ in range(3):
        given = {"metric_type": "size", "aggregation": "sum"}
        assert hosts(queries, **given) == {"a": 2, "b": 2}
        assert hosts(queries, **given, unit="B") == {"a": 2000, "b": 2000}
        assert hosts(queries, **given, selection=(("host", "!a"),)) == {"b": 2}
        assert queries.run(asked(**given, group_by=())).series[0].points[-1][1] == 4


def test_it_goes_on_when_its_idle_connection_was_ended(api: Api, drain: Callable[[], Any], postgres: Postgres) -> None:
    send(api, "a")
    drain()
    for _ in range(2):
        assert hosts(wiring.query()) == {"a": 1}
    with wiring.database().transaction() as connection:
        pid = connection.info.backend_pid
    with psycopg.connect(postgres.url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    assert hosts(wiring.query()) == {"a": 1}


def test_each_question_is_one_statement_once_the_series_are_known(api: Api, drain: Callable[[], Any]) -> None:
    send(api, "a")
    drain()
    assert hosts(wiring.query()) == {"a": 1}
    begun: list[bool] = []
    database, opened = wiring.database(), wiring.database().transaction
    database.transaction = lambda **given: begun.append(True) or opened(**given)  # type: ignore[method-assign,func-returns-value]
    assert hosts(wiring.query()) == {"a": 1}
    assert begun == []


def test_while_samples_move_from_the_buffer_into_blocks_each_is_counted_once(
    api: Api, container: Callable[[Any], Any], another: DerivedQueries
) -> None:
    drain, compact = container(lambda: (wiring.drain(), wiring.compact()))
    over = threading.Event()
    done: list[int] = []

    def move() -> None:
        while not over.is_set():
            now = time.time_ns() // 1_000_000
            drain.run(now)
            done.append(compact.run(now + 600_000).small)

    mover = threading.Thread(target=move)
    mover.start()
    try:
        number = 0
        while number < 60 or sum(done) < 3:
            tags = {"host": f"h{number // 10}"}  # now and then a new one
            assert api.post(METRICS, {"metricType": "load", "value": 1, "tags": tags}).status == 202
            number += 1
            for queries in (another, wiring.query()):
                assert sum(hosts(queries).values()) == number
    finally:
        over.set()
        mover.join()
    drain.run(time.time_ns() // 1_000_000)
    assert sum(hosts(another).values()) == number


def test_a_question_that_takes_too_long_is_given_up_and_not_asked_again(stack: None) -> None:
    database = wiring.database()
    with database.transaction() as connection:
        connection.execute("CREATE SEQUENCE asked")
        connection.execute("SET statement_timeout = '50ms'")
    with pytest.raises(Unavailable):
        database.ask("SELECT nextval('asked'), pg_sleep(%(seconds)s)", {"seconds": 60})
    with database.transaction() as connection:
        assert connection.execute("SELECT last_value FROM asked").fetchone() == (1,)
        assert connection.execute("SHOW statement_timeout").fetchone() == ("50ms",)  # the same connection: it is good
