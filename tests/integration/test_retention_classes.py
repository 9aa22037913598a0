"""Metric types of different classes: each keeps its samples and rollups for as long as its class says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
import pytest

from chalicelib import wiring
from chalicelib.storage.postgres.samples import PostgresSamples
from chalicelib.wiring import ticking
from infra.local.postgres import Postgres
from tests.call import Api
from tests.conftest import forget_wiring

HOUR = 3_600_000
METRICS = "/monitoring/metrics"
CLASSES = "long_*=240/100/1000,brief_*=1/2"


@pytest.fixture
def classes(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The service with classes of retention."""
    monkeypatch.setenv("METRIC_RETENTION_CLASSES", CLASSES)
    forget_wiring()
    yield api
    forget_wiring()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def begin_of_hour() -> int:
    """The begin of an hour that is over."""
    return now_ms() // HOUR * HOUR - 3 * HOUR


def record(api: Api, begin: int, *, minutes: range = range(60)) -> None:
    snapshots = [
        {
            "tags": {"host": "a"},
            "timestamp": begin + minute * 60_000,
            "metrics": {"long_load": minute, "load": minute, "brief_load": minute},
        }
        for minute in minutes
    ]
    assert api.post(METRICS, {"snapshots": snapshots}).status == 202


def pack() -> None:
    wiring.drain().run(now_ms())
    wiring.compact().run(now_ms() + 400_000)


def asked(api: Api, begin: int, metric: str, aggregation: str = "count", step: str = "1h") -> tuple[str, list[Any]]:
    """The tier and the values of an hour."""
    window = {"from_": str(begin), "to": str(begin + HOUR), "step": step}
    body = api.get(f"{METRICS}/query", metricType=metric, aggregation=aggregation, **window).body
    return body["tier"], [value for series in body["series"] for _, value in series["points"]]


def until(postgres: Postgres, table: str, column: str = "kept_until", *, seconds: str = "") -> dict[str, date]:
    """A date of each metric type's rows."""
    only = f"WHERE seconds = {seconds}" if seconds else ""
    with psycopg.connect(postgres.url) as connection:
        rows = connection.execute(
            f"SELECT m.name, max(t.{column}) FROM {table} t JOIN metric_types m ON m.number = t.metric {only}"
            " GROUP BY m.name".encode()
        )
        return dict(rows.fetchall())


def test_blocks_and_rollups_of_each_class_are_kept_for_its_time(classes: Api, postgres: Postgres) -> None:
    arrived = datetime.now(UTC)
    record(classes, begin_of_hour())
    pack()

    def day_after(**later: int) -> tuple[date, date]:
        """The midnight behind a time that counts from the arrival; the test may run across a midnight."""
        end = arrived + timedelta(**later)
        return (end + timedelta(days=1)).date(), (end + timedelta(days=1, minutes=5)).date()

    blocks = until(postgres, "blocks")
    assert blocks["long_load"] in day_after(hours=240)
    assert blocks["load"] in day_after(hours=24)
    assert blocks["brief_load"] in day_after(hours=1)
    fine = until(postgres, "rollups", seconds="300")
    assert (fine["long_load"] - fine["load"], fine["load"] - fine["brief_load"]) == (
        timedelta(days=100 - 63),
        timedelta(days=63 - 2),
    )
    coarse = until(postgres, "rollups", seconds="3600")
    assert (coarse["long_load"] - coarse["load"], coarse["load"]) == (timedelta(days=1000 - 455), coarse["brief_load"])


def test_what_is_let_go_first_is_sealed_alone_and_late_samples_count_once(
    classes: Api, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given classes whose days are apart whatever o'clock it is: 1 and 24 hours may end on one day
    monkeypatch.setenv("METRIC_RETENTION_HOURS", "96")
    forget_wiring()
    begin = begin_of_hour()
    record(classes, begin, minutes=range(1, 60))
    pack()

    # when the samples of the brief class have been let go
    housekeeping = ticking.tick()._housekeeping[1]
    gone_at = until(postgres, "blocks")["brief_load"]
    housekeeping.run(round(datetime(gone_at.year, gone_at.month, gone_at.day, tzinfo=UTC).timestamp() * 1000))
    with psycopg.connect(postgres.url) as connection:
        days = timedelta(days=2)  # for the service, today is not the day after tomorrow: it was let go before today
        number = "(SELECT number FROM metric_types WHERE name = 'brief_load')"
        connection.execute(
            f"UPDATE rollups SET complete_until = complete_until - %s WHERE metric = {number}".encode(), (days,)
        )

    # then that metric is read from rollups; the long one's samples are all there
    assert asked(classes, begin, "brief_load") == ("5m", [59.0])
    assert asked(classes, begin, "long_load") == ("raw", [59.0])
    assert asked(classes, begin, "brief_load", step="1m") == ("raw", [])
    assert len(asked(classes, begin, "long_load", step="1m")[1]) == 59

    # and a late sample of either is counted once, however often it is compacted
    record(classes, begin, minutes=range(1))
    for _ in range(2):
        pack()
        assert [asked(classes, begin, each)[1] for each in ("brief_load", "long_load")] == [[60.0]] * 2
    assert asked(classes, begin, "brief_load", "min")[1] == [0.0]


def test_samples_are_let_go_by_the_clock_of_the_service_not_by_the_databases(classes: Api, postgres: Postgres) -> None:
    # given rollups of an hour, and the day on which its samples go
    begin = begin_of_hour()
    record(classes, begin)
    pack()
    gone_on = until(postgres, "rollups", "complete_until", seconds="3600")["brief_load"]
    gone_at = round(datetime(gone_on.year, gone_on.month, gone_on.day, tzinfo=UTC).timestamp() * 1000)

    # then the samples are there until that day begins on the service's clock, whatever PostgreSQL's says
    for now, is_sealed in ((gone_at - 1, False), (gone_at, True)):
        with PostgresSamples(wiring.database(), partial(int, now)).snapshot() as stored:
            assert stored.is_sealed("brief_load", begin, begin + HOUR) is is_sealed


def test_a_shorter_retention_than_before_loses_no_late_sample(
    api: Api, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given an hour whose samples stay for ten days
    begin = begin_of_hour()
    monkeypatch.setenv("METRIC_RETENTION_CLASSES", "load=240")
    forget_wiring()
    record(api, begin, minutes=range(1, 60))
    pack()

    # when it is shortened, and a sample comes late: it goes before the others
    monkeypatch.setenv("METRIC_RETENTION_CLASSES", "")
    forget_wiring()
    record(api, begin, minutes=range(1))
    pack()

    # then rollups are made anew of all samples only as long as all of them are there
    complete = until(postgres, "rollups", "complete_until")["load"]
    assert complete == min(until_of_blocks(postgres, "load"))
    assert complete <= datetime.now(UTC).date() + timedelta(days=3)


def until_of_blocks(postgres: Postgres, metric: str) -> list[date]:
    with psycopg.connect(postgres.url) as connection:
        rows = connection.execute(
            "SELECT kept_until FROM blocks WHERE metric = (SELECT number FROM metric_types WHERE name = %s)", (metric,)
        )
        return [day for (day,) in rows]


def test_the_catalogue_says_how_long_each_is_kept(classes: Api) -> None:
    record(classes, begin_of_hour(), minutes=range(1))
    wiring.drain().run(now_ms())
    found = {each["metricType"]: each["retention"] for each in classes.get(f"{METRICS}/catalog").body["metrics"]}
    assert found == {
        "long_load": {"rawHours": 240, "fiveMinuteDays": 100, "hourDays": 1000},
        "load": {"rawHours": 24, "fiveMinuteDays": 63, "hourDays": 455},
        "brief_load": {"rawHours": 1, "fiveMinuteDays": 2, "hourDays": 455},
    }
