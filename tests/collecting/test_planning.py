"""Planning beside the database, and the whole way round: a target is planned, pulled, recorded and shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from itertools import pairwise

import msgspec
import psycopg
import pytest

from chalicelib.channels.addresses import Guard
from chalicelib.channels.http import Http
from chalicelib.collectors.ingest_api import IngestApi
from chalicelib.collectors.prometheus import PrometheusSource
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.pulls import Pull
from chalicelib.domain.slots import SLOT_MS
from chalicelib.domain.targets import Scrape, ScrapeState
from chalicelib.queues import pull_of, scrapes_of
from chalicelib.sealing import BoxSealer, BoxUnsealer
from chalicelib.services.collector_credential import CollectorCredential
from chalicelib.services.plan_scrapes import HORIZON_MS, PlanScrapes
from chalicelib.services.pull import PullTargets
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.scrape_plan import PostgresCollectorCredential, PostgresScrapePlan
from chalicelib.storage.postgres.tokens import PostgresTokens
from chalicelib.wiring import collecting, database, drain, reports, tokens
from infra.local.postgres import Postgres
from tests.call import Api
from tests.collecting.exporter import exporter
from tests.served_api import served_api

TARGETS = "/monitoring/targets"
DAY = 86_400_000
MINUTE = 60_000


class Road:
    """Remembers what was sent, as SQS would carry it; down while `is_down`."""

    def __init__(self) -> None:
        self.pulls: list[tuple[int, Pull]] = []
        self.is_down = False

    def send(self, pulls: Sequence[tuple[int, Pull]]) -> None:
        """Send."""
        if self.is_down:
            raise Unavailable("The queue is down.")
        self.pulls += pulls

    @property
    def instants(self) -> list[int]:
        """When which target is pulled."""
        return sorted(each.at for _, each in self.pulls for _ in each.jobs)


def planner(road: Road, public_key: str, database: Database) -> PlanScrapes:
    """A planner with a connection of its own."""
    known = PostgresTokens(database)
    credential = CollectorCredential(
        PostgresCollectorCredential(database),
        tokens(),
        lambda token_id: known.name_of(token_id) is not None,
        BoxSealer(public_key),
        public_key,
    )
    return PlanScrapes(database, PostgresScrapePlan(database), credential, road)


@pytest.fixture
def now() -> int:
    """An instant within this day."""
    return time.time_ns() // 1_000_000


def make(api: Api, name: str = "node", url: str = "http://127.0.0.1:9/metrics", **fields: object) -> str:
    """A target; its id."""
    created = api.post(TARGETS, {"name": name, "type": "prometheus", "url": url, "interval": 10, **fields})
    assert created.status == 201, created.body
    return str(created.body["id"])


def test_every_minute_brings_the_scrapes_of_the_next(api: Api, keys: tuple[str, str], now: int) -> None:
    make(api)
    road = Road()
    plan = planner(road, keys[0], database())

    for minute in range(5):
        plan.run(now + minute * MINUTE)

    # one soon, then one every ten seconds, none twice and none left out, each on its way early enough
    on_the_grid = [each for each in road.instants if each % SLOT_MS == 0]
    assert road.instants[0] <= now + SLOT_MS
    assert {b - a for a, b in pairwise(on_the_grid)} == {10_000}
    assert on_the_grid[0] < now + 10_000
    assert on_the_grid[-1] > now + 4 * MINUTE + HORIZON_MS - 10_000
    assert len(road.instants) - len(on_the_grid) <= 1
    assert all(0 <= delay <= HORIZON_MS / 1000 for delay, _ in road.pulls)


def test_two_planners_at_once_plan_each_scrape_once(
    api: Api, keys: tuple[str, str], postgres: Postgres, now: int
) -> None:
    for number in range(20):
        make(api, f"node {number}")
    roads = [Road(), Road()]
    held = threading.Barrier(2)

    def run(road: Road) -> None:
        own = Database(postgres.url)
        held.wait(timeout=60)
        planner(road, keys[0], own).run(now)
        own.close()

    threads = [threading.Thread(target=run, args=(road,)) for road in roads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    found = [(each.at, job.id) for road in roads for _, each in road.pulls for job in each.jobs]
    assert len(found) == len(set(found)) >= 20 * 7
    assert [] in [road.pulls for road in roads]


def test_what_the_queue_did_not_take_is_planned_again(api: Api, keys: tuple[str, str], now: int) -> None:
    make(api)
    road = Road()
    plan = planner(road, keys[0], database())
    road.is_down = True
    with pytest.raises(Unavailable):
        plan.run(now)

    road.is_down = False
    assert plan.run(now) == len(road.instants) >= 7


def test_targets_that_are_switched_off_or_gone_are_not_planned(api: Api, keys: tuple[str, str], now: int) -> None:
    make(api, enabled=False)
    gone = make(api, "gone")
    api.delete(f"{TARGETS}/{gone}")
    road = Road()

    assert planner(road, keys[0], database()).run(now) == 0
    assert road.pulls == []
    # without targets there is no token either
    assert "collector" not in [each["name"] for each in api.get("/monitoring/tokens").body["tokens"]]


def test_the_puller_has_a_token_that_is_renewed_every_day(api: Api, keys: tuple[str, str], now: int) -> None:
    make(api)
    road = Road()
    plan = planner(road, keys[0], database())

    def token_at(instant: int) -> str:
        road.pulls.clear()
        plan.run(instant)
        boxes = {each.token for _, each in road.pulls}
        return BoxUnsealer(keys[1]).open({"token": boxes.pop()})["token"]

    first, same, second, third = token_at(now), token_at(now + MINUTE), token_at(now + DAY), token_at(now + 2 * DAY)

    # it may record and nothing else
    sample = {"metricType": "x", "value": 1}
    assert first == same
    assert len({first, second, third}) == 3
    assert Api(third).get(TARGETS).status == 403
    assert Api(third).post("/monitoring/metrics", sample).status == 202

    # the one before is still good for pulls on their way; the one before that is gone
    assert Api(second).post("/monitoring/metrics", sample).status == 202
    assert Api(first).post("/monitoring/metrics", sample).status == 401
    named = [each for each in api.get("/monitoring/tokens").body["tokens"] if each["name"] == "collector"]
    assert len(named) == 2
    assert {tuple(each["scopes"]) for each in named} == {("ingest",)}

    # one that was revoked is replaced at once
    for each in named:
        api.delete(f"/monitoring/tokens/{each['id']}")
    assert token_at(now + 2 * DAY + MINUTE) not in {first, second, third}


def test_the_box_opens_with_the_private_key_only(api: Api, keys: tuple[str, str], postgres: Postgres, now: int) -> None:
    make(api, bearerToken="s3cret-of-the-target")
    road = Road()
    planner(road, keys[0], database()).run(now)

    on_the_wire = repr(road.pulls)
    with psycopg.connect(postgres.url) as connection:
        kept = repr(connection.execute("SELECT collector::text FROM collector").fetchall())

    assert "pm_" not in on_the_wire + kept
    assert "s3cret" not in on_the_wire


def test_an_older_scrape_never_replaces_a_newer(api: Api, now: int) -> None:
    target_id = make(api)

    def note(at: int, state: ScrapeState, error: str | None = None) -> None:
        collecting.target_book().note([Scrape(target_id=target_id, at=at, state=state, error=error, samples=5)])

    note(now, ScrapeState.UP)
    note(now + 10_000, ScrapeState.DOWN, "no connection: refused")
    note(now, ScrapeState.UP)  # told twice
    note(now + 5_000, ScrapeState.UP)  # told late
    note(now + 5_000, ScrapeState.UP)

    shown = api.get(f"{TARGETS}/{target_id}").body
    assert (shown["state"], shown["lastScrape"]["error"]) == ("down", "no connection: refused")
    assert shown["lastUpAt"] < shown["lastScrape"]["at"]


def test_a_target_is_planned_pulled_recorded_and_shown(api: Api, keys: tuple[str, str], now: int) -> None:
    road, back = Road(), []

    class Back:
        def send(self, scrapes: Sequence[Scrape]) -> None:
            """As the queue carries it."""
            back.append(msgspec.json.encode(list(scrapes)).decode())

    with exporter() as server, served_api() as address:
        server.pages["/metrics"] = b'node_load1 0.75\nnode_cpu_seconds_total{cpu="0",mode="idle"} 12.5\n'
        target_id = make(api, url=f"{server.url}/metrics", labels={"env": "test"})
        planner(road, keys[0], database()).run(now)

        scraped = PrometheusSource(Http(Guard(allow_loopback=True)))
        recorder = IngestApi(Http(Guard(allow_loopback=True)), address)
        puller = PullTargets(
            lambda _: scraped, BoxUnsealer(keys[1]), recorder, Back(), lambda: time.time_ns() // 1_000_000
        )
        (_, first), *_ = road.pulls
        puller.run(pull_of(msgspec.json.encode(first).decode()))
    for each in back:
        collecting.target_book().note(scrapes_of(each))

    # it stands on the target
    shown = api.get(f"{TARGETS}/{target_id}").body
    assert (shown["state"], shown["lastScrape"]["samples"], shown["lastScrape"]["error"]) == ("up", 2, None)

    # and can be asked for as whatever came by remote write
    drain().run(now + 1000)
    found = api.get(
        "/monitoring/metrics/query", metricType="node_cpu_seconds_total", from_="-5m", groupBy="instance,mode"
    )
    ((series),) = found.body["series"]
    assert series["tags"] == {"instance": server.url.removeprefix("http://"), "mode": "idle"}
    assert series["points"][-1][1] == 12.5
    up = api.get("/monitoring/metrics/query", metricType="up", from_="-5m", groupBy="job,env").body["series"]
    assert up[0]["tags"] == {"job": "node", "env": "test"}


def test_health_says_which_targets_are_late_and_which_are_down(api: Api, now: int) -> None:
    def collector(at: int) -> tuple[str, str] | None:
        checks = reports.system_health().run(at).checks
        found = [(str(each.status), each.message) for each in checks if each.name == "Collector"]
        return found[0] if found else None

    assert collector(now) is None
    first, second = make(api, "first"), make(api, "second")
    later = now + 10 * MINUTE

    def note(target_id: str, state: ScrapeState) -> None:
        collecting.target_book().note([Scrape(target_id=target_id, at=later, state=state)])

    # new ones have some minutes; then it is the collector that fails
    assert collector(now + MINUTE) == ("pass", "2 targets are pulled")
    assert collector(later) == ("fail", "2 of 2 targets were not pulled in time: first, second")
    note(first, ScrapeState.UP)
    assert collector(later + 6_000) == ("warn", "1 of 2 targets were not pulled in time: second")
    note(second, ScrapeState.DOWN)
    assert collector(later + 12_000) == ("warn", "1 of 2 targets are down: second")
