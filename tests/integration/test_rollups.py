"""Rollups on the real store: queries say the same once the samples are gone, and late samples count once."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest

from chalicelib import wiring
from chalicelib.wiring import ticking
from infra.local.postgres import Postgres
from tests.call import Api

HOUR = 3_600_000
DAY = 24 * HOUR
METRICS = "/monitoring/metrics"


@pytest.fixture
def begin() -> int:
    """The begin of an hour that is long over."""
    now = time.time_ns() // 1_000_000
    return now - now % HOUR - 10 * HOUR


def record(api: Api, begin: int, *, hosts: int = 2, hours: int = 8) -> None:
    """Hours of sampled load of some hosts, and of requests, whose times spread."""
    snapshots = [
        {
            "tags": {"host": f"web-{host}"},
            "timestamp": begin + minute * 60_000,
            "metrics": {"load": (minute * 7 + host) % 50, "requests_total": minute * 10},
        }
        for minute in range(hours * 60)
        for host in range(hosts)
    ]
    events = [
        {"metricType": "took", "value": 1 + (number * 37) % 400, "timestamp": begin + number * 20_000, "unit": "ms"}
        for number in range(hours * 180)
    ]
    for batch in ({"snapshots": snapshots}, events):
        assert api.post(METRICS, batch).status == 202


def compact(now: int) -> None:
    """Drain as at this time, and compact some minutes later."""
    wiring.drain().run(now)
    wiring.compact().run(now + 400_000)


def let_samples_go(postgres: Postgres) -> None:
    """As housekeeping does a day later: the samples' partitions go, and the hours are no longer complete."""
    with psycopg.connect(postgres.url) as connection:
        connection.execute("DELETE FROM blocks")
        connection.execute("UPDATE rollups SET complete_until = current_date - 1")
        connection.execute("DELETE FROM hours")


def query(api: Api, begin: int, metric: str, aggregation: str, **more: str) -> Any:
    """The points of eight hours at an hour's step."""
    asked = {"from_": str(begin), "to": str(begin + 8 * HOUR), "step": "1h", **more}
    answer = api.get(f"{METRICS}/query", metricType=metric, aggregation=aggregation, **asked)
    assert answer.status == 200, answer.body
    return answer.body


@pytest.mark.parametrize("aggregation", ["avg", "sum", "min", "max", "count", "last"])
def test_a_query_says_the_same_when_the_samples_are_gone(
    api: Api, postgres: Postgres, begin: int, aggregation: str
) -> None:
    record(api, begin)
    exact = query(api, begin, "load", aggregation, groupBy="host")
    compact(begin + 10 * HOUR)
    rolled = query(api, begin, "load", aggregation, groupBy="host")
    let_samples_go(postgres)
    left = query(api, begin, "load", aggregation, groupBy="host")

    assert (exact["tier"], rolled["tier"], left["tier"]) == ("raw", "5m", "5m")
    assert len(exact["series"]) == 2
    assert rolled["series"] == exact["series"]
    assert left["series"] == exact["series"]


def test_percentiles_of_events_stay_within_one_percent(api: Api, postgres: Postgres, begin: int) -> None:
    record(api, begin)
    exact = query(api, begin, "took", "p95")
    compact(begin + 10 * HOUR)
    assert query(api, begin, "took", "p95") == exact  # the samples are there: they are asked
    let_samples_go(postgres)
    left = query(api, begin, "took", "p95")
    assert left["tier"] == "5m"
    pairs = zip(exact["series"][0]["points"], left["series"][0]["points"], strict=True)
    assert all(found == pytest.approx(right, rel=0.02) for (_, right), (_, found) in pairs)


def test_a_counters_rise_and_the_rate_of_failures_survive(api: Api, postgres: Postgres, begin: int) -> None:
    record(api, begin)
    failures = [{"metricType": "error_rate", "value": 1, "unit": "count", "timestamp": begin + HOUR // 2}] * 6
    requests = [{"metricType": "response_time", "value": 9, "unit": "ms", "timestamp": begin + HOUR // 2}] * 100
    api.post(METRICS, failures + requests)
    compact(begin + 10 * HOUR)
    let_samples_go(postgres)
    rises = query(api, begin, "requests_total", "increase", step="4h")
    assert [value for _, value in rises["series"][0]["points"]][1] == pytest.approx(2 * 2400, rel=0.03)
    assert query(api, begin, "error_rate", "avg")["series"][0]["points"] == [[begin, 6.0]]
    assert query(api, begin, "error_rate", "avg")["tier"] == "5m"


def test_a_late_sample_of_a_counter_is_no_reset(api: Api, postgres: Postgres, begin: int) -> None:
    # given rollups of a counter whose samples are gone
    record(api, begin, hosts=1)
    compact(begin + 10 * HOUR)
    let_samples_go(postgres)
    before = query(api, begin, "requests_total", "increase")["series"]

    # when a sample comes late, from between two that are in a rollup
    late = {"tags": {"host": "web-0"}, "timestamp": begin + 2 * HOUR + 30_000, "metrics": {"requests_total": 1205}}
    api.post(METRICS, {"snapshots": [late]})

    # then the counter has risen as it did, before the drain, before compaction and after it
    assert query(api, begin, "requests_total", "increase")["series"] == before
    wiring.drain().run(begin + 10 * HOUR)
    assert query(api, begin, "requests_total", "increase")["series"] == before
    wiring.compact().run(time.time_ns() // 1_000_000 + 400_000)
    assert query(api, begin, "requests_total", "increase")["series"] == before


def test_days_at_steps_of_hours_are_read_from_hours(api: Api, begin: int) -> None:
    record(api, begin, hours=2)
    compact(begin + 10 * HOUR)
    found = query(api, begin - 60 * HOUR, "load", "avg", to=str(begin + 8 * HOUR))
    assert found["tier"] == "1h"
    assert len(found["series"][0]["points"]) == 2


def test_late_samples_join_the_rollups_before_and_after_the_samples_are_gone(
    api: Api, postgres: Postgres, begin: int
) -> None:
    def count() -> float:
        return sum(
            float(value) for _, value in query(api, begin, "load", "count", groupBy="host")["series"][0]["points"]
        )

    record(api, begin, hosts=1)
    compact(begin + 10 * HOUR)
    for number, is_gone in enumerate((False, True), 1):
        late = {"tags": {"host": "web-0"}, "timestamp": begin + number, "metrics": {"load": 1}}
        api.post(METRICS, {"snapshots": [late]})
        wiring.drain().run(begin + 10 * HOUR)
        assert count() == 480 + number  # still a head, and seen
        if is_gone:
            let_samples_go(postgres)
        wiring.compact().run(time.time_ns() // 1_000_000 + 400_000)
        assert count() == 480 + number
    # Compacting again changes nothing.
    wiring.compact().run(time.time_ns() // 1_000_000 + 800_000)
    assert count() == 482


def test_a_resent_sample_is_not_counted_twice_while_the_samples_are_there(api: Api, begin: int) -> None:
    record(api, begin, hosts=1)
    compact(begin + 10 * HOUR)
    again = {"tags": {"host": "web-0"}, "timestamp": begin, "metrics": {"load": 30}}
    api.post(METRICS, {"snapshots": [again]})
    wiring.drain().run(begin + 10 * HOUR)
    wiring.compact().run(time.time_ns() // 1_000_000 + 400_000)
    (series,) = query(api, begin, "load", "count", groupBy="host")["series"]
    assert series["points"][0] == [begin, 60]
    (series,) = query(api, begin, "load", "min", groupBy="host")["series"]


def test_sql_reads_rollups_as_rows(api: Api, postgres: Postgres, begin: int) -> None:
    record(api, begin, hours=2)
    compact(begin + 10 * HOUR)
    with psycopg.connect(postgres.url) as connection:
        for view, buckets in (("rollups_5m", 24), ("rollups_1h", 2)):
            rows = connection.execute(
                f"SELECT tags ->> 'host', count(*), sum(count), sum(sum), min(min), max(max) FROM {view}"
                " WHERE metric_type = 'load' GROUP BY 1 ORDER BY 1"
            ).fetchall()
            loads = [[(minute * 7 + host) % 50 for minute in range(120)] for host in range(2)]
            assert rows == [
                (f"web-{host}", buckets, 120, sum(values), min(values), max(values))
                for host, values in enumerate(loads)
            ]
        kinds = connection.execute("SELECT metric_type, kind FROM series ORDER BY 1, 2").fetchall()
    assert set(kinds) == {("load", "sampled"), ("requests_total", "sampled"), ("took", "event")}


def test_rollups_go_when_they_have_been_kept_for_long_enough(api: Api, postgres: Postgres, begin: int) -> None:
    record(api, begin, hours=1)
    compact(begin + 10 * HOUR)
    _, keeper, *_ = ticking.tick()._housekeeping

    def left() -> list[int]:
        with psycopg.connect(postgres.url) as connection:
            rows = connection.execute("SELECT DISTINCT seconds FROM rollups ORDER BY 1").fetchall()
            lists = connection.execute("SELECT count(*) FROM series_lists").fetchone()
        assert (lists == (0,)) == (rows == [])
        return [seconds for (seconds,) in rows]

    found = []
    for days in (62, 65, 454, 457):
        keeper.run(begin + days * DAY)
        found.append(left())
    assert found == [[300, 3600], [3600], [3600], []]


def test_a_rule_is_tried_on_rollups_once_the_samples_are_gone(api: Api, postgres: Postgres, begin: int) -> None:
    # given eight hours in which the load climbs from 0 to 49 over and over, each host on its own
    record(api, begin)
    rule = {
        "name": "busy",
        "metricType": "load",
        "condition": "greater_than",
        "threshold": 30,
        "groupBy": ["host"],
        "aggregation": "avg",
        "window": 300,
        "cooldownPeriod": 0,
    }
    asked = {"rule": rule, "from": begin + HOUR, "to": begin + 8 * HOUR}
    compact(begin + 10 * HOUR)
    exact = api.post("/monitoring/alerts/rules/backtest", asked).body
    assert (exact["approximate"], exact["evaluations"]) == (False, 7 * 360 + 1)

    # when the samples are let go
    let_samples_go(postgres)
    found = api.post("/monitoring/alerts/rules/backtest", asked).body

    # then the same rule is judged every five minutes, by the averages of five minutes
    assert (found["approximate"], found["evaluations"]) == (True, 7 * 12 + 1)
    averages = query(api, begin, "load", "avg", groupBy="host", step="5m")
    for series in averages["series"]:
        values = [value for at, value in series["points"] if at >= begin + HOUR - 300_000]
        breaches = sum(now > 30 and not before > 30 for before, now in zip([0, *values], values, strict=False))
        (group,) = [group for group in found["groups"] if group["tags"] == series["tags"]]
        assert group["firings"] == breaches > 0

    # and what rollups cannot tell is refused by name
    refused = api.post("/monitoring/alerts/rules/backtest", asked | {"rule": rule | {"aggregation": "stddev"}})
    assert (refused.status, refused.body["field"]) == (400, "from")
