"""Too many series on the real store: refused, counted, shown, and no harm to what is there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.wiring import reports
from infra.local.postgres import Postgres
from infra.local.valkey import Valkey
from tests.call import Api
from tests.conftest import forget_wiring, wired

HOUR = 3_600_000
METRICS = "/monitoring/metrics"


@pytest.fixture
def few(stack: None, postgres: Postgres, valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The API of a service that allows three series a metric, and five new ones an hour."""
    import app

    limits = {"MAX_SERIES_PER_METRIC": "3", "MAX_NEW_SERIES_PER_HOUR": "5"}
    with wired(monkeypatch, DATABASE_URL=postgres.url, REDIS_URL=valkey.url, **limits):
        yield Api(app.mint_token({"name": "test", "scopes": ["admin"]}, None)["token"])


def clock() -> int:
    """Well within an hour of the clock, so that the test does not straddle two."""
    now = time.time_ns() // 1_000_000
    return now - now % HOUR + HOUR // 2


def record(api: Api, metric: str, *users: str) -> None:
    """A sample of each series."""
    snapshots = [{"tags": {"tenant": user}, "metrics": {metric: 1.0}} for user in users]
    assert api.post(METRICS, {"snapshots": snapshots}).status == 202


def series(api: Api, metric: str) -> set[str]:
    """The tenants whose series are in the catalogue."""
    return {each["tags"]["tenant"] for each in api.get(f"{METRICS}/series", metricType=metric).body["series"]}


def refused(api: Api) -> dict[tuple[str, str], int]:
    """How many samples were refused, by metric and why."""
    found: list[dict[str, Any]] = api.get(f"{METRICS}/cardinality").body["refused"]
    return {(each["metricType"], each["reason"]): each["samples"] for each in found}


def test_a_metric_with_too_many_series_is_bounded_and_harms_no_other(few: Api) -> None:
    # given a metric whose tag has more values than it may
    now = clock()
    record(few, "orders", "a", "b", "c", "d", "e")
    record(few, "logins", "a")
    assert wiring.drain().run(now).samples == 6

    # then the first three series are there, the rest is refused and counted, and the other metric is whole
    assert series(few, "orders") == {"a", "b", "c"}
    assert series(few, "logins") == {"a"}
    assert refused(few) == {("orders", "series_per_metric"): 2}

    # and what is there goes on, while what is refused is counted every time it comes
    record(few, "orders", "a", "d", "e")
    wiring.drain().run(now + 10_000)
    assert refused(few) == {("orders", "series_per_metric"): 4}
    query = few.get(f"{METRICS}/query", metricType="orders", aggregation="count", from_="-1h", step="1h")
    assert sum(value for each in query.body["series"] for _, value in each["points"] if value) == 4

    # and health says which metric, how many, and what to do
    checks = {check.name: check for check in reports.system_health().run(now + 20_000).checks}
    assert checks["Series Limits"].status == "warn"
    assert checks["Series Limits"].message == (
        "4 samples of orders were refused within the hour: more series than MAX_SERIES_PER_METRIC allows;"
        " take a tag with fewer values"
    )


def test_what_was_too_much_for_one_hour_is_taken_up_in_the_next(few: Api) -> None:
    now = clock()
    for metric in ("one", "two", "three"):
        record(few, metric, "a", "b")
    wiring.drain().run(now)
    assert (series(few, "one"), series(few, "two"), series(few, "three")) == ({"a", "b"}, {"a", "b"}, {"a"})
    assert refused(few) == {("three", "new_series_per_hour"): 1}

    # in the next hour its samples wait until the containers have said once more what they are, and none is lost
    record(few, "three", "b")
    wiring.drain().run(now + HOUR)
    forget_wiring()  # a container that has announced nothing yet
    record(few, "three", "b")
    wiring.drain().run(now + HOUR + 10_000)
    assert series(few, "three") == {"a", "b"}
    asked = {"metricType": "three", "aggregation": "count", "from_": "-1h", "step": "1h", "groupBy": "tenant"}
    found = {each["tags"]["tenant"]: each["points"] for each in few.get(f"{METRICS}/query", **asked).body["series"]}
    assert sum(value for _, value in found["b"] if value) == 2


def test_another_container_refuses_the_same(few: Api) -> None:
    now = clock()
    record(few, "orders", "a", "b", "c", "d")
    wiring.drain().run(now)
    wiring.drain.cache_clear()
    record(few, "orders", "d")
    wiring.drain().run(now + 10_000)  # it does not know the series: the sample waits
    assert refused(few) == {("orders", "series_per_metric"): 1}
    forget_wiring()
    record(few, "orders", "d")
    wiring.drain().run(now + 20_000)  # now it is told what it is
    assert refused(few) == {("orders", "series_per_metric"): 3}
    assert series(few, "orders") == {"a", "b", "c"}
