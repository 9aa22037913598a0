"""What becomes of a notification: every way in which a receiver can fail, on real HTTP and with real claims."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.channels.addresses import Guard
from chalicelib.channels.http import Http
from chalicelib.channels.registry import AllSenders
from chalicelib.channels.webhook import Webhook
from chalicelib.domain.deliveries import Delivered, Letter
from chalicelib.domain.jobs import Job, Notice, Outcome, Receipt, Target
from chalicelib.sealing import BoxSealer, BoxUnsealer
from chalicelib.services.deliver import LEASE_MS, MAX_TRIES, Again, Deliver
from chalicelib.storage.dynamodb.claims import DynamoClaims
from tests.notifications.conftest import NOW, PRIVATE, PUBLIC, Cloud
from tests.notifications.receiver import Receiver

SECRET = "whsec_" + "c2VjcmV0LXRoYXQtbXVzdC1ub3QtbGVhaw=="


class World:
    """A notifier with a clock of its own, whose receipts and dead letters can be looked at."""

    def __init__(self, hook: Receiver, patience: float = 0.5) -> None:
        self.now = NOW
        self.receipts: list[Receipt] = []
        self.dead: list[Job] = []
        http = Http(Guard(allow_loopback=True), connect_seconds=patience, total_seconds=patience)
        self.url = f"{hook.url}/services/T0KEN-in-the-path?key=also-secret"
        self.senders = AllSenders({"webhook": lambda: Webhook(http)})
        self.deliver = self.notifier()

    def notifier(self, senders: Any = None) -> Deliver:
        """Another one, as another container would have."""
        return Deliver(
            DynamoClaims("perfmon-claims"),
            senders or self.senders,
            BoxUnsealer(PRIVATE),
            self,
            self,
            clock=lambda: self.now,
            chance=lambda: 0.5,
        )

    def send(self, receipt: Receipt) -> None:
        """A receipt."""
        self.receipts.append(receipt)

    def put(self, job: Job, line: str) -> None:
        """A dead letter."""
        self.dead.append(job)

    def job(self, number: int = 1, *, reason: str = "firing", alert: str = "alert_1", round_: int = 0) -> Job:
        """A notification."""
        sealed = BoxSealer(PUBLIC).seal({"url": self.url, "secret": SECRET})
        state = "resolved" if reason == "resolved" else "firing"
        notice = Notice(at=NOW, reason=reason, alert_id=alert, rule_name="High CPU", message="It is hot", state=state)
        return Job(f"ntf_{number}", number, round_, Target("chn_1", "webhook", {}, sealed), notice)

    def outcomes(self) -> list[str]:
        """Of all receipts, in order."""
        return [str(receipt.outcome) for receipt in self.receipts]


@pytest.fixture
def world(cloud: Cloud, hook: Receiver) -> World:
    """A notifier."""
    return World(hook)


@pytest.mark.parametrize(
    ("answer", "outcome", "again"),
    [
        ((200, {}), "sent", None),
        ((204, {}), "sent", None),
        ((301, {"Location": "http://169.254.169.254/"}), "failed", None),
        ((400, {}), "failed", None),
        ((404, {}), "failed", None),
        ((410, {}), "failed", None),
        ((429, {"Retry-After": "120"}), "retrying", 120),
        ((429, {"Retry-After": "999999"}), "retrying", 3600),
        ((500, {}), "retrying", 1),
        ((503, {"Retry-After": "soon"}), "retrying", 1),
        ((0, {}), "retrying", 1),
        ((-1, {}), "retrying", 1),
    ],
    ids=lambda value: str(value[0]) + "".join(value[1].values())[:12] if isinstance(value, tuple) else "",
)
def test_each_answer_means_what_it_should(
    world: World, hook: Receiver, answer: tuple[int, dict[str, str]], outcome: str, again: int | None
) -> None:
    hook.answers.append(answer)
    result = world.deliver.run(world.job(), "line")

    assert world.outcomes() == [outcome]
    assert (None if result is None else result.seconds) == again
    assert len(hook.got) == 1
    assert world.receipts[0].disable is (answer[0] == 410)


def test_a_receiver_that_always_asks_for_a_moment_is_tried_as_long_as_any_other(world: World, hook: Receiver) -> None:
    # given a gateway that says "come back in a second" through an outage of hours
    hook.answers = [(503, {"Retry-After": "1"})] * 6

    waited = []
    for _ in range(6):
        again = world.deliver.run(world.job(), "line")
        assert again is not None
        waited.append(again.seconds)
        world.now += again.seconds * 1000

    # then the pauses grow all the same: else thirty tries would be over within a minute
    assert waited == [1, 4, 16, 64, 256, 900]


def test_an_error_never_shows_an_address_or_a_secret(world: World, hook: Receiver) -> None:
    for number, answer in enumerate([(404, {}), (500, {}), (0, {}), (-1, {}), (302, {"Location": "/s3cret"})], 1):
        hook.answers.append(answer)
        world.deliver.run(world.job(number, alert=f"a{number}"), "line")
    world.url = "http://10.1.2.3/T0KEN-in-the-path"
    world.deliver.run(world.job(9, alert="a9"), "line")
    world.url = "http://127.0.0.1:1/T0KEN-in-the-path"
    world.deliver.run(world.job(10, alert="a10"), "line")

    told = " ".join(str(receipt) for receipt in world.receipts)
    assert len(world.receipts) == 7
    for secret in ("T0KEN", "also-secret", SECRET, "127.0.0.1", "10.1.2.3", "s3cret"):
        assert secret not in told


def test_who_does_not_answer_is_sent_it_once_more_marked_and_never_again(world: World, hook: Receiver) -> None:
    release = threading.Event()
    hook.hold = lambda got: release.wait(5)
    first = world.deliver.run(world.job(), "line")
    second = world.deliver.run(world.job(), "line")
    third = world.deliver.run(world.job(), "line")
    release.set()

    assert isinstance(first, Again)
    assert (second, third) == (None, None)
    assert world.outcomes() == ["retrying", "uncertain", "uncertain"]
    assert [got.body["possibleDuplicate"] for got in hook.got] == [False, True]
    assert len({got.headers["webhook-id"] for got in hook.got}) == 1


class Dies(AllSenders):
    """A notifier that is killed while it sends: before, or after the receiver has it."""

    def __init__(self, senders: Any, *, after: bool) -> None:
        super().__init__({})
        self._senders = senders
        self._after = after

    def send(self, letter: Letter) -> Delivered:
        """Dies."""
        if self._after:
            self._senders.send(letter)
        raise KeyboardInterrupt


@pytest.mark.parametrize("after", [False, True], ids=["before it sent", "after it sent"])
def test_what_a_killed_notifier_held_is_taken_over_when_its_time_is_over(
    world: World, hook: Receiver, after: bool
) -> None:
    with pytest.raises(KeyboardInterrupt):
        world.notifier(Dies(world.senders, after=after)).run(world.job(), "line")
    world.now += 60_000
    meanwhile = world.deliver.run(world.job(), "line")
    world.now += LEASE_MS
    finally_ = world.deliver.run(world.job(), "line")

    assert isinstance(meanwhile, Again)
    assert finally_ is None
    assert world.outcomes() == ["sent"]
    assert world.receipts[0].possible_duplicate
    assert [got.body["possibleDuplicate"] for got in hook.got] == [False, True][1 - after :]


def test_killed_twice_it_is_uncertain_and_not_sent_a_third_time(world: World, hook: Receiver) -> None:
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            world.notifier(Dies(world.senders, after=True)).run(world.job(), "line")
        world.now += LEASE_MS
    world.deliver.run(world.job(), "line")

    assert len(hook.got) == 2
    assert world.outcomes() == ["uncertain"]


def test_a_message_that_comes_five_times_is_sent_once_and_its_receipt_repeated(world: World, hook: Receiver) -> None:
    for _ in range(5):
        assert world.deliver.run(world.job(), "line") is None
    assert len(hook.got) == 1
    assert world.outcomes() == ["sent"] * 5


def test_eight_notifiers_at_once_send_it_once(cloud: Cloud, hook: Receiver) -> None:
    world = World(hook, patience=10.0)
    barrier = threading.Barrier(8)
    results: list[Again | None] = []

    def run() -> None:
        barrier.wait()
        results.append(world.notifier().run(world.job(), "line"))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(hook.got) == 1
    assert "sent" in world.outcomes()


def test_a_replayed_dead_letter_never_pages_for_what_is_resolved(world: World, hook: Receiver) -> None:
    hook.answers += [(500, {})]
    world.deliver.run(world.job(1), "line")
    world.deliver.run(replace(world.job(2, reason="resolved"), was_told=True), "line")
    world.deliver.run(world.job(1), "line")

    assert [got.body["reason"] for got in hook.got] == ["firing", "resolved"]
    assert world.outcomes() == ["retrying", "sent", "superseded"]


def test_resolved_says_nothing_to_whom_firing_never_reached(world: World, hook: Receiver) -> None:
    hook.answers += [(404, {})]
    world.deliver.run(world.job(1), "line")
    world.deliver.run(world.job(2, reason="resolved"), "line")

    assert [got.body["reason"] for got in hook.got] == ["firing"]
    assert world.outcomes() == ["failed", "superseded"]


def test_what_exhausts_its_tries_is_a_dead_letter_and_can_be_replayed(world: World, hook: Receiver) -> None:
    hook.always = (503, {})
    pauses = []
    for _ in range(MAX_TRIES):
        result = world.deliver.run(world.job(), "line")
        pauses.append(0 if result is None else result.seconds)
    hook.always = (200, {})
    assert world.deliver.run(world.dead[0], "line") is None

    assert pauses[:6] == [1, 4, 16, 64, 256, 900]
    assert 5 * 3600 < sum(pauses) < 7 * 3600
    assert world.outcomes() == ["retrying"] * (MAX_TRIES - 1) + ["dead", "sent"]


def test_a_retry_by_hand_sends_what_failed_for_good(world: World, hook: Receiver) -> None:
    hook.answers += [(404, {})]
    world.deliver.run(world.job(), "line")
    world.deliver.run(world.job(), "line")
    world.deliver.run(world.job(round_=1), "line")
    assert world.outcomes() == ["failed", "failed", "sent"]
    assert len(hook.got) == 2


def test_secrets_for_another_key_are_an_error_that_says_what_to_do(world: World, hook: Receiver) -> None:
    job = world.job()
    other = replace(job, target=replace(job.target, sealed={"url": "bm90IGEgYm94"}))
    world.deliver.run(other, "line")
    assert world.receipts[0].outcome is Outcome.RETRYING
    assert "enter them again" in (world.receipts[0].error or "")
    assert not hook.got


def test_a_receiver_that_drips_does_not_outlast_the_deadline(world: World, hook: Receiver) -> None:
    hook.body = b"x" * 10_000_000  # only the first 64 kB are read
    assert world.deliver.run(world.job(), "line") is None
    assert world.outcomes() == ["sent"]
