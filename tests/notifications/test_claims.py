"""Claims in DynamoDB and those in memory answer alike, whatever is asked of them in whatever order."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from chalicelib.domain.deliveries import Claim, Delivered
from chalicelib.domain.jobs import Job, Notice, Target
from chalicelib.storage.dynamodb.claims import DynamoClaims
from tests.notifications.conftest import NOW, Cloud
from tests.notifications.memory_claims import MemoryClaims

STATES = ("sent", "retry", "doubtful", "failed", "dead", "uncertain", "superseded")


@pytest.mark.parametrize("seed", range(6))
def test_both_answer_alike(cloud: Cloud, seed: int) -> None:
    chance = random.Random(seed)
    real, memory = DynamoClaims("perfmon-claims"), MemoryClaims()
    held: list[tuple[Job, Claim]] = []
    now, seq = NOW, 1
    for _ in range(60):
        now += chance.choice([0, 1_000, 40_000, 100_000])
        seq += chance.random() < 0.15
        notice = Notice(at=NOW, reason="firing", alert_id="alert_1")
        number = max(1, seq - (chance.random() < 0.2))
        job = Job(f"ntf_{number}", number, chance.randrange(3), Target("chn_1", "webhook", {}, {}), notice)
        if held and chance.random() < 0.6:
            job, claim = held.pop(chance.randrange(len(held)))
            state = chance.choice(STATES)
            delivered = Delivered("p-1", 200) if state in ("sent", "uncertain") else None
            for claims in (real, memory):
                claims.finish(job, claim, state, now, error="why" if state != "sent" else None, delivered=delivered)
            continue
        first, second = real.begin(job, now, 90_000), memory.begin(job, now, 90_000)
        assert _visible(first) == _visible(second)
        if first.is_mine:
            held.append((job, first))


def _visible(claim: Claim) -> Claim:
    """What callers look at: of a superseded one only that, of one that is being sent no result."""
    if claim.state == "superseded" and claim.tries == 0:
        return Claim(is_mine=False, state="superseded")
    if claim.state == "sending":
        return replace(claim, provider_id=None, error=None, started_at=0, is_told=claim.is_mine and claim.is_told)
    return replace(claim, error=claim.error or None, started_at=0, is_told=False)


def test_what_a_provider_calls_a_message_is_known_to_the_next_of_its_thread(cloud: Cloud) -> None:
    claims = DynamoClaims("perfmon-claims")
    notice = Notice(at=NOW, reason="firing", alert_id="alert_1")
    job = Job("ntf_1", 1, 0, Target("chn_1", "slack", {}, {}), notice)
    first = claims.begin(job, NOW, 90_000)
    claims.finish(job, first, "sent", NOW, delivered=Delivered("171.1", 200, {"ts": "171.1", "channel": "C1"}))
    following = claims.begin(replace(job, id="ntf_2", seq=2), NOW, 90_000)
    assert following.references == {"ts": "171.1", "channel": "C1"}
    assert following.is_told
