"""What a 202 promises, with everything that can die being killed: stored exactly once, or counted as lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from chalicelib import wiring
from chalicelib.domain.series import Kind
from chalicelib.storage.postgres.catalogue import series_by_id
from chalicelib.tsdb.columns import Columns, join
from chalicelib.tsdb.head import cut_slices, unpack_slice
from infra.local.postgres import Postgres
from infra.local.valkey import Valkey
from tests.call import Api
from tests.conftest import wired

METRICS = "/monitoring/metrics"
ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60.0


class Place:
    """Servers of a test's own, which it may kill, and the service wired to them."""

    def __init__(self, postgres: Postgres, valkey: Valkey, directory: Path) -> None:
        import app

        self.postgres = postgres
        self.valkey = valkey
        self.directory = directory
        self.data = directory / "valkey"
        self.api = Api(app.mint_token({"name": "test", "scopes": ["admin"]}, None)["token"])

    def start(self, module: str, *arguments: object) -> subprocess.Popen[bytes]:
        """Start one of our programs beside the test."""
        assert self.api.token is not None
        environment = os.environ | {
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "TOKEN": self.api.token,
            "LOG_LEVEL": "error",
        }
        command = [sys.executable, "-m", f"tests.integration.{module}", *map(str, arguments)]
        return subprocess.Popen(command, cwd=ROOT, env=environment)

    def drain(self) -> Any:
        """Drain everything."""
        return wiring.drain().run(time.time_ns() // 1_000_000)

    def stored(self) -> Counter[tuple[str, int, float]]:
        """How often each (metric type, time, value) is stored; of a sampled series' equal times only one counts."""
        with psycopg.connect(self.postgres.url) as connection:
            slices: list[Columns] = []
            for head in connection.execute("SELECT metrics, places, payload FROM heads ORDER BY sequence"):
                slices += map(unpack_slice, cut_slices(*head).values())
            samples = join(slices)
            ids = samples.ids.tolist()
            definitions = series_by_id(connection, sorted(set(ids)))
        counts: Counter[tuple[str, int, float]] = Counter()
        for series_id, at, value in zip(ids, samples.times.tolist(), samples.values.tolist(), strict=True):
            definition = definitions[series_id]
            key = (definition.metric_type, at, value)
            counts[key] = 1 if definition.kind is Kind.SAMPLED else counts[key] + 1
        return counts

    def report(self) -> dict[str, Any]:
        """What health says of the drain."""
        checks: list[dict[str, Any]] = self.api.get("/monitoring/health/ready").body["checks"]
        return checks[0]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Durable servers: PostgreSQL with fsync, Valkey with its append-only file fsynced at every write."""
    postgres, valkey = Postgres(tmp_path / "postgres"), Valkey(tmp_path / "valkey")
    postgres.start()
    valkey.start()
    try:
        with wired(monkeypatch, DATABASE_URL=postgres.url, REDIS_URL=valkey.url):
            wiring.migrate()
            yield Place(postgres, valkey, tmp_path)
    finally:
        valkey.stop()
        postgres.stop()


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Poll for a condition."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, what
        time.sleep(0.02)


def accepted_in(files: list[Path]) -> Counter[tuple[str, int, float]]:
    """All samples that clients wrote down as accepted."""
    return Counter(
        (metric, at, float(value))
        for file in files
        for line in file.read_text().splitlines()
        for metric, at, value in json.loads(line)
    )


def test_whoever_is_killed_every_accepted_sample_is_stored_exactly_once(place: Place) -> None:
    # given two clients that retry what is refused
    stop = place.directory / "stop"
    files = [place.directory / f"{name}.jsonl" for name in ("a", "b")]
    clients = [place.start("client_process", file.stem, file, stop) for file in files]

    def progress() -> int:
        return sum(file.read_bytes().count(b"\n") if file.exists() else 0 for file in files)

    def wait_for_requests(more: int) -> None:
        target = progress() + more
        wait_until(lambda: progress() >= target, f"{more} more requests")

    # when the drainer is killed at every step, and then Valkey and PostgreSQL under it
    wait_for_requests(20)
    for step in ("marks", "define", "add_head", "advance", "commit", "trim"):
        assert place.start("drainer_process", step).wait(PATIENCE) == -9, step
        wait_for_requests(10)
    drainer = place.start("drainer_process", "never")
    for server in (place.valkey, place.postgres, place.valkey, place.postgres):
        wait_for_requests(10)
        server.kill()
        server.start()
    wait_for_requests(10)
    drainer.kill()
    drainer.wait()
    stop.touch()
    codes = [client.wait(PATIENCE) for client in clients]

    # then each accepted sample is there, once, equal ones as often as they were sent
    place.drain()
    accepted = accepted_in(files)
    assert codes == [0, 0]
    assert len(accepted) > 100
    assert place.stored() == accepted
    assert place.report()["lostFrames"] == 0


def test_frames_that_a_failover_loses_are_counted_and_nothing_else_is_missing(place: Place) -> None:
    def record(first: int, count: int) -> set[int]:
        for value in range(first, first + count):
            assert place.api.post(METRICS, {"metricType": "orders", "value": value}).status == 202
        return set(range(first, first + count))

    # given a replica that is behind: it has the first ten frames, five of them drained
    kept = record(0, 5)
    place.drain()
    kept |= record(5, 5)
    replica = place.directory / "replica"
    shutil.copytree(place.data, replica)
    # and a primary with ten more, five of them drained
    kept |= record(10, 5)
    place.drain()
    record(15, 5)

    # when the replica takes over
    fail_over(place, replica)
    kept |= record(20, 5)
    place.drain()
    kept |= record(25, 5)
    place.drain()

    # then exactly the five that only the old primary had are missing, and health says so
    assert place.stored() == Counter({("orders", at, value): 1 for _, at, value in place.stored()})
    assert {int(value) for _, _, value in place.stored()} == kept
    assert place.report()["lostFrames"] == 5


def test_a_new_primary_whose_clock_is_behind_loses_nothing_of_what_it_accepts(place: Place) -> None:
    # given a drained offset that lies three seconds ahead of the clock of the server that takes over
    place.api.post(METRICS, {"metricType": "orders", "value": 1})
    replica = place.directory / "replica"
    shutil.copytree(place.data, replica)
    with redis.Redis.from_url(place.valkey.url) as client:
        client.execute_command("XSETID", "frames", f"{time.time_ns() // 1_000_000 + 3000}-0")
    place.api.post(METRICS, {"metricType": "orders", "value": 2})
    place.drain()

    # when it takes over
    fail_over(place, replica)
    for value in (3, 4):
        assert place.api.post(METRICS, {"metricType": "orders", "value": value}).status == 202
    live = place.api.get(f"{METRICS}/query", metricType="orders", aggregation="count", from_="-5m", to="now").body
    place.drain()
    place.api.post(METRICS, {"metricType": "orders", "value": 5})
    place.drain()

    # then every frame is there once, in queries before the drain too
    assert sum(count for series in live["series"] for _, count in series["points"]) == 4
    assert sorted(value for _, _, value in place.stored().elements()) == [1, 2, 3, 4, 5]
    assert place.report()["lostFrames"] == 0


def test_a_valkey_that_loses_everything_is_noticed_to_the_frame(place: Place) -> None:
    for value in range(7):
        place.api.post(METRICS, {"metricType": "orders", "value": value})
    with redis.Redis.from_url(place.valkey.url) as client:
        client.flushall()
    # The definition went with them: the sample waits for it, and the drain asks for it.
    place.api.post(METRICS, {"metricType": "orders", "value": 7})
    place.drain()
    assert place.report()["waitingSamples"] == 1
    wait_until(
        lambda: (
            place.api.post(METRICS, {"metricType": "orders", "value": 8}).status == 202
            and place.drain() is not None
            and place.report()["waitingSamples"] == 0
        ),
        "the definition comes",
    )
    assert {value for _, _, value in place.stored()} == {7, 8}
    assert place.report()["lostFrames"] == 7


def test_after_a_restore_from_a_backup_series_are_defined_anew(place: Place) -> None:
    for value in (1, 2):
        place.api.post(METRICS, {"metricType": "orders", "value": value})
        place.drain()

    # when the database is as it was before the first sample, under a service that goes on, and the buffer has let go
    with psycopg.connect(place.postgres.url, autocommit=True) as connection:
        connection.execute("TRUNCATE heads, writers, series_catalogue, metric_types RESTART IDENTITY")
        connection.execute("UPDATE drain SET entry_id = '0-0', writer = 0, number = 0, frames = 0, samples = 0")
    with redis.Redis.from_url(place.valkey.url) as client:
        client.xtrim("frames", maxlen=0, approximate=False)

    # then what is gone is counted, and what comes is not lost for want of a definition
    def record_one() -> bool:
        return place.api.post(METRICS, {"metricType": "orders", "value": 3}).status == 202

    wait_until(
        lambda: record_one() and place.drain().frames > 0 and place.report()["waitingSamples"] == 0,
        "the definition comes",
    )
    assert {value for _, _, value in place.stored()} == {3}
    assert place.report()["lostFrames"] == 2


def test_without_postgresql_samples_are_accepted_and_stored_when_it_is_back(place: Place) -> None:
    place.api.post(METRICS, {"metricType": "orders", "value": 0})
    place.postgres.kill()

    statuses = [place.api.post(METRICS, {"metricType": "orders", "value": value}).status for value in (1, 2)]
    ready = place.api.get("/monitoring/health/ready")
    query = place.api.get(f"{METRICS}/query", metricType="orders")
    place.postgres.start()
    place.drain()

    assert statuses == [202, 202]
    assert (ready.status, ready.body["checks"][0]["status"]) == (503, "fail")
    assert (query.status, query.headers["Retry-After"]) == (503, "2")
    assert sorted(value for _, _, value in place.stored()) == [0, 1, 2]


def test_without_valkey_samples_are_refused_with_the_way_out(place: Place) -> None:
    place.api.post(METRICS, {"metricType": "orders", "value": 0})
    place.valkey.kill()
    refused = place.api.post(METRICS, {"metricType": "orders", "value": 1})
    place.valkey.start()
    accepted = place.api.post(METRICS, {"metricType": "orders", "value": 1})
    assert (refused.status, refused.headers["Retry-After"]) == (503, "2")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert accepted.status == 202


def test_a_valkey_out_of_memory_refuses_and_recovers(place: Place) -> None:
    with redis.Redis.from_url(place.valkey.url) as client:
        client.config_set("maxmemory", "1mb")
        refused = place.api.post(METRICS, {"metricType": "orders", "value": 1})
        unready = place.api.get("/monitoring/health/ready")
        client.config_set("maxmemory", "1gb")
    accepted = place.api.post(METRICS, {"metricType": "orders", "value": 1})
    place.drain()
    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    assert (unready.status, place.api.get("/monitoring/health/ready").status) == (503, 200)
    assert "out of memory" in unready.body["checks"][1]["message"]
    assert accepted.status == 202
    assert sum(place.stored().values()) == 1


def test_a_full_buffer_refuses_until_it_is_drained(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = wiring.stream()
    monkeypatch.setattr(stream, "_max_frames", 3)
    monkeypatch.setattr("chalicelib.storage.valkey.stream._CHECK_MS", 0)
    statuses = [place.api.post(METRICS, {"metricType": "orders", "value": value}).status for value in range(6)]
    with redis.Redis.from_url(place.valkey.url) as client:
        client.xtrim("frames", maxlen=0, approximate=False)
    assert statuses[-1] == 503
    assert place.api.post(METRICS, {"metricType": "orders", "value": 9}).status == 202


def fail_over(place: Place, replica: Path) -> None:
    """The primary dies, and a server with the replica's data takes its place."""
    place.valkey.kill()
    shutil.rmtree(place.data)
    shutil.copytree(replica, place.data)
    place.valkey.start()
