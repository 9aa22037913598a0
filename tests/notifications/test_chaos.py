"""Everything that can go wrong, at once: what was decided reaches every channel exactly once, or is marked uncertain.

200 alerts and three channels; messages come up to five times and out of order, notifiers die before, during and after
they send, receivers hang up, and PostgreSQL is restarted. In the end the ledger agrees with what the receivers saw.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import pytest

from chalicelib import wiring
from chalicelib.channels.addresses import Guard
from chalicelib.channels.http import Http
from chalicelib.channels.webhook import Webhook
from chalicelib.domain.deliveries import Delivered, DeliveryFailed, Failure, Letter
from chalicelib.domain.jobs import Job, Receipt
from chalicelib.sealing import BoxUnsealer
from chalicelib.services.deliver import LEASE_MS, Deliver
from chalicelib.storage.postgres.channels import PostgresChannels
from chalicelib.wiring import notifications
from infra.local.postgres import Postgres
from tests.call import Api
from tests.notifications.conftest import NOW, PRIVATE, Cloud, Story, add_webhook, keep_rule, rule
from tests.notifications.memory_claims import MemoryClaims
from tests.notifications.receiver import Receiver, receiver

ALERTS = 200


class Killed(BaseException):
    """The notifier is gone, whatever it was doing."""


@dataclass
class Road:
    """SQS at its worst: within a line the first message goes first, but any message may come again at any time."""

    chance: random.Random
    lines: dict[str, list[Job]] = field(default_factory=dict)
    seen: list[tuple[str, Job]] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    dead: list[Job] = field(default_factory=list)

    def send(self, jobs: Sequence[tuple[str, Job]]) -> int:
        """The queue, which refuses a part now and then."""
        taken = self.chance.choice([len(jobs), len(jobs), len(jobs), self.chance.randrange(len(jobs))])
        for line, job in jobs[:taken]:
            self.lines.setdefault(line, []).append(job)
        return taken

    def put(self, job: Job, line: str) -> None:
        """A dead letter."""
        self.dead.append(job)


@dataclass(frozen=True)
class Receipts:
    """The way back."""

    kept: list[Receipt]

    def send(self, receipt: Receipt) -> None:
        """Keep it for later."""
        self.kept.append(receipt)


class Careless:
    """Sends for real, and dies or loses the answer now and then."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._webhook = Webhook(Http(Guard(allow_loopback=True), total_seconds=5.0))

    def send(self, letter: Letter) -> Delivered:
        """Deliver, perhaps."""
        fate = self._chance.random()
        if fate < 0.03:
            raise Killed
        if fate < 0.06:
            raise DeliveryFailed(Failure.TRANSIENT, "The receiver answered 503.")
        delivered = self._webhook.send(letter)
        if fate < 0.09:
            raise Killed
        if fate < 0.12:
            raise DeliveryFailed(Failure.DOUBTFUL, "The receiver gave no proper answer: timed out.")
        return delivered


@pytest.fixture
def hooks() -> Iterator[list[Receiver]]:
    """Three receivers."""
    with ExitStack() as running:
        yield [running.enter_context(receiver()) for _ in range(3)]


def test_every_transition_reaches_every_channel_once_or_is_marked(
    api: Api, cloud: Cloud, hooks: list[Receiver], postgres: Postgres
) -> None:
    chance = random.Random(7)
    names = [add_webhook(api, hook.url, f"hook-{number}") for number, hook in enumerate(hooks)]
    story = Story(keep_rule(rule(channels=names)))
    world = _World(chance)
    for number in range(ALERTS):
        episode = story.fire(NOW + number, f"{number:03d}", f"web-{number}")
        if number % 2:
            story.resolve(NOW + number + 1, episode)
        if number in (60, 140):
            postgres.stop()
            postgres.start()
        if number % 20 == 19:
            world.some()
    world.all()

    # then the ledger says of each what its receiver saw
    seen = [Counter(got.headers["webhook-id"] for got in hook.got) for hook in hooks]
    ledger = [each for number in range(ALERTS) for each in notifications.ledger().of_alert(f"alert_{number:03d}")]
    states = Counter(str(each.state) for each in ledger)
    assert len(ledger) == 3 * (ALERTS + ALERTS // 2)
    assert set(states) <= {"sent", "uncertain"}
    for each in ledger:
        times = seen[names.index(each.entry.channel_id)][each.entry.id]
        if each.possible_duplicate or each.state == "uncertain":
            assert times in (0, 1, 2), each
            assert times >= 1 or each.state == "uncertain", each
        else:
            assert times == 1, each
    assert states["sent"] > 0.97 * len(ledger)
    assert sum(each.possible_duplicate for each in ledger) > 10
    # and nothing that arrived a second time came without the mark, and no resolved before its firing
    for hook in hooks:
        _check_order(hook)


def _check_order(hook: Receiver) -> None:
    reasons: dict[str, list[str]] = {}
    ids: set[str] = set()
    for got in hook.got:
        if got.headers["webhook-id"] in ids:
            assert got.body["possibleDuplicate"]
            continue
        ids.add(got.headers["webhook-id"])
        reasons.setdefault(got.body["alert"]["id"], []).append(got.body["reason"])
    for told in reasons.values():
        assert told in (["firing"], ["firing", "resolved"], ["resolved"])


class _World:
    """Dispatchers, notifiers and the road between them."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._now = NOW + 1_000_000
        self._road = Road(chance)
        self._claims = MemoryClaims()
        self._deliver = Deliver(
            self._claims,
            Careless(chance),
            BoxUnsealer(PRIVATE),
            Receipts(self._road.receipts),
            self._road,
            clock=lambda: self._now,
            chance=chance.random,
        )

    def some(self) -> None:
        """Dispatch, and work off a part of it."""
        self._dispatch()
        for _ in range(60):
            self._step()
        self._note(len(self._road.receipts) // 2)

    def all(self) -> None:
        """Until nothing is left."""
        for _ in itertools.count():
            self._dispatch()
            if not any(self._road.lines.values()):
                break
            self._step()
        self._note(len(self._road.receipts))

    def _dispatch(self) -> None:
        from chalicelib.services.dispatch import Dispatch

        database = wiring.database()
        dispatch = Dispatch(
            database,
            notifications.outbox(),
            PostgresChannels(database),
            self._road,
            lambda notice, now: ("", ""),
            zone="UTC",
        )
        for _ in range(20):  # the queue refuses a part now and then
            if not notifications.outbox().take(self._now, 1):
                break
            dispatch.run(self._now)

    def _step(self) -> None:
        """One message reaches a notifier, the first of a line or one that was there before."""
        waiting = [line for line, jobs in self._road.lines.items() if jobs]
        if self._road.seen and (not waiting or self._chance.random() < 0.3):
            self._run(*self._chance.choice(self._road.seen))
            return
        if not waiting:
            return
        line = self._chance.choice(waiting)
        job = self._road.lines[line][0]
        if self._run(line, job):
            self._road.lines[line].pop(0)
        self._road.seen.append((line, job))

    def _run(self, line: str, job: Job) -> bool:
        try:
            again = self._deliver.run(replace(job), line)
        except Killed:
            self._now += LEASE_MS  # the message comes back when nobody can be at it any more
            return False
        if again is None:
            return True
        self._now += again.seconds * 1000
        return False

    def _note(self, most: int) -> None:
        """Receipts come out of order and some of them twice."""
        batch = self._road.receipts[:most]
        del self._road.receipts[:most]
        batch += self._chance.sample(batch, len(batch) // 4)
        self._chance.shuffle(batch)
        for receipt in batch:
            notifications.ledger().record(receipt)
