"""Compaction changes how samples are stored, never which."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import accumulate
from typing import Any

import psycopg
import pytest

from chalicelib import wiring
from chalicelib.tsdb.head import cut_slices, unpack_slice
from chalicelib.wiring import ticking
from infra.local.postgres import Postgres
from tests.call import Api

METRICS = "/monitoring/metrics"
HOUR = 3_600_000
BEGIN = 1_767_225_600_000  # 2026-01-01T00:00:00Z


def snapshot(at: int, value: float, host: str = "a") -> dict[str, Any]:
    """One host's snapshot."""
    return {"tags": {"host": host}, "timestamp": at, "metrics": {"cpu_usage": value, "memory_usage": value + 1}}


def averages(api: Api, metric: str = "cpu_usage", **query: str) -> dict[str, list[list[float]]]:
    """Points by host over the first two hours of the year."""
    reply = api.get(
        f"{METRICS}/query",
        metricType=metric,
        groupBy="host",
        step="60",
        from_=str(BEGIN),
        to=str(BEGIN + 2 * HOUR),
        **query,
    )
    assert reply.status == 200, reply.body
    return {series["tags"]["host"]: series["points"] for series in reply.body["series"]}


def rows(postgres: Postgres) -> tuple[int, int, int]:
    """How many heads, small blocks and full blocks there are."""
    with psycopg.connect(postgres.url) as connection:
        found = connection.execute(
            "SELECT (SELECT count(*) FROM heads), count(*) FILTER (WHERE NOT is_full), count(*) FILTER (WHERE is_full)"
            " FROM blocks"
        ).fetchone()
    assert found is not None
    return found


def compact(minutes_later: float = 10) -> Any:
    """Compact as the schedule does, some minutes from now."""
    return wiring.compact().run(time.time_ns() // 1_000_000 + round(minutes_later * 60_000))


def write_as_before(postgres: Postgres) -> None:
    """Turn every head into what the version before wrote: 24 bytes a sample."""
    with psycopg.connect(postgres.url) as connection:
        for sequence, *head in connection.execute("SELECT sequence, metrics, places, payload FROM heads").fetchall():
            slices = [*map(unpack_slice, cut_slices(*head).values())]
            connection.execute(
                "UPDATE heads SET places = NULL, starts = %s, payload = %s WHERE sequence = %s",
                ([*accumulate(map(len, slices), initial=0)], b"".join(each.pack() for each in slices), sequence),
            )


@pytest.mark.parametrize("portion", [60, 1_000_000], ids=["by portions", "at once"])
@pytest.mark.parametrize("is_before", [False, True], ids=["heads as they are", "heads of the version before"])
@pytest.mark.parametrize("read_at_once", [0, 1 << 20], ids=["heads by metric type", "heads in one go"])
def test_answers_are_the_same_before_and_after_compaction(
    api: Api,
    drain: Callable[[], Any],
    postgres: Postgres,
    monkeypatch: pytest.MonkeyPatch,
    read_at_once: int,
    is_before: bool,
    portion: int,
) -> None:
    monkeypatch.setattr("chalicelib.services.compact.PORTION", portion)
    monkeypatch.setattr("chalicelib.storage.postgres.compaction.READ_AT_ONCE", read_at_once)
    # given two hours of two hosts, drained in several steps, some of it sent twice, and events beside
    for minute in range(0, 120, 20):
        batch = [snapshot(BEGIN + (minute + i) * 60_000, minute + i, h) for i in range(20) for h in ("a", "b")]
        api.post(METRICS, {"snapshots": batch})
        api.post(METRICS, {"snapshots": batch[:5]})
        drain()
    event = {"metricType": "orders", "value": 1, "tags": {"host": "a"}, "timestamp": BEGIN + 5}
    api.post(METRICS, [event] * 3)
    drain()
    before = averages(api), averages(api, "memory_usage"), averages(api, "orders", aggregation="count")
    assert rows(postgres)[0] > 2
    if is_before:
        write_as_before(postgres)
        assert averages(api) == before[0]

    # when it is compacted
    done = compact()

    # then nothing but the storage has changed
    assert (averages(api), averages(api, "memory_usage"), averages(api, "orders", aggregation="count")) == before
    assert rows(postgres) == (0, 0, 5 if portion > 60 else 9)
    assert len(before[0]["a"]) == 120
    assert before[2] == {"a": [[BEGIN, 3.0]]}
    assert (done.full, done.behind) == (2, False)


def test_the_running_hour_is_compacted_small_and_late_samples_only_when_they_are_many(
    api: Api, drain: Callable[[], Any], postgres: Postgres
) -> None:
    # given an hour that is compacted
    api.post(METRICS, {"snapshots": [snapshot(BEGIN + i * 10_000, i) for i in range(300)]})
    drain()
    compact()
    assert rows(postgres) == (0, 0, 2)

    # when a few late samples come, then they stand in blocks of their own
    api.post(METRICS, {"snapshots": [snapshot(BEGIN + 3_500_000, 7), snapshot(BEGIN, 1000)]})
    drain()
    assert rows(postgres)[0] == 1
    compact()
    assert rows(postgres) == (0, 2, 2)
    assert averages(api)["a"][0][1] == pytest.approx((1000 + 1 + 2 + 3 + 4 + 5) / 6)

    # and when they exceed a tenth of the hour, they are folded in
    api.post(METRICS, {"snapshots": [snapshot(BEGIN + 3_000_005 + i * 10_000, i) for i in range(40)]})
    drain()
    before = averages(api)
    compact()
    assert rows(postgres) == (0, 0, 2)
    assert averages(api) == before


def test_heads_of_the_running_hour_wait_until_they_are_old_or_many(
    api: Api, drain: Callable[[], Any], postgres: Postgres
) -> None:
    api.post(METRICS, {"snapshots": [{"metrics": {"cpu_usage": 1}}]})
    drain()
    compact(minutes_later=1)
    assert rows(postgres) == (1, 0, 0)
    compact(minutes_later=6)
    assert rows(postgres)[0] == 0


@pytest.mark.parametrize(
    "step", ["head_metrics", "head_payloads", "add_block", "delete_heads", "take_blocks", "sampled_series"]
)
def test_a_crash_at_any_step_changes_nothing(
    api: Api, drain: Callable[[], Any], postgres: Postgres, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from chalicelib.storage.postgres.compaction import PostgresCompactionStep

    api.post(METRICS, {"snapshots": [snapshot(BEGIN + i * 60_000, i) for i in range(60)]})
    drain()
    before = averages(api)

    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(PostgresCompactionStep, step, crash)
        with pytest.raises(RuntimeError, match="power cut"):
            compact()

    assert averages(api) == before
    assert rows(postgres) == (1, 0, 0)
    compact()
    assert averages(api) == before
    assert rows(postgres) == (0, 0, 2)


def test_two_at_once_do_not_disturb_each_other(api: Api, drain: Callable[[], Any], postgres: Postgres) -> None:
    api.post(METRICS, {"snapshots": [snapshot(BEGIN, 1)]})
    drain()
    with psycopg.connect(postgres.url) as other:
        other.execute("SELECT FROM compaction FOR UPDATE")
        assert compact().small == 0
    assert compact().small == 1


def test_retention_drops_whole_partitions(api: Api, drain: Callable[[], Any], postgres: Postgres) -> None:
    # given samples of January that arrive now: they are kept for 24 hours from now
    api.post(METRICS, {"snapshots": [snapshot(BEGIN, 1)]})
    drain()
    compact()
    housekeeping = ticking.tick()._housekeeping[1]
    now = time.time_ns() // 1_000_000

    # when the next day is over, then they are there; and after the day until which they are kept, gone
    housekeeping.run(now + 23 * HOUR)
    assert averages(api)
    housekeeping.run(now + 49 * HOUR)
    assert averages(api) == {}
    assert rows(postgres) == (0, 0, 0)


def test_what_does_not_fit_into_a_runs_time_is_left_to_the_next(api: Api) -> None:
    # given samples of three hours, far apart
    now = time.time_ns() // 1_000_000
    for days in (3, 2, 1):
        snapshot = {"tags": {"host": "a"}, "timestamp": now - days * 86_400_000, "metrics": {"load": days}}
        api.post("/monitoring/metrics", {"snapshots": [snapshot]})
    wiring.drain().run(now)

    # when a run has no time at all, it does nothing and says so; one that has some does the rest
    none = wiring.compact().run(now + 400_000, seconds=0)
    rest = wiring.compact().run(now + 400_000)

    assert (none.small, none.behind) == (0, True)
    assert (rest.small, rest.behind) == (3, False)
