"""Deliver: one notification job to its channel, effectively once.

1. The claim of the thread (channel and alert): only who holds it sends. A job older than the newest one of its thread
   is superseded, and so is a `resolved` where nothing ever arrived, and a reply where there is no message to reply to.
2. A claim whose holder died, or whose request left without an answer, is a doubt: it is sent once more, marked as a
   possible duplicate, and never a third time.
3. The channel. An error before it arrived is tried again later, with growing pauses; one that is for good ends it.
4. The receipt of each attempt. It is sent again if this process dies before the job is taken off the queue.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from chalicelib.domain.deliveries import Claim, Delivered, DeliveryFailed, Failure, Letter
from chalicelib.domain.jobs import Job, Outcome, Receipt
from chalicelib.domain.notifications import Reason
from chalicelib.services.ports.notifying import Claims, DeadLetters, ReceiptQueue, Senders, Unsealer

LEASE_MS = 90_000  # longer than the notifier may run: who held it for so long is dead
MAX_TRIES = 30  # 1 s, 4 s, 16 s, 64 s, 256 s, then every 15 minutes: about six hours
LONGEST_PAUSE = 900
LONGEST_RETRY_AFTER = 3600
MAX_DOUBTS = 2
# What says nothing to whom has not heard of the alert.
_FOLLOWS = frozenset({Reason.RESOLVED, Reason.ACKNOWLEDGED, Reason.STANDOUTS})


@dataclass(frozen=True, slots=True)
class Again:
    """It is not done: try again after so many seconds."""

    seconds: int
    why: str


class Deliver:
    """Sends notification jobs."""

    def __init__(
        self,
        claims: Claims,
        senders: Senders,
        unsealer: Unsealer,
        receipts: ReceiptQueue,
        dead_letters: DeadLetters,
        *,
        clock: Callable[[], int],
        chance: Callable[[], float],
        lease_ms: int = LEASE_MS,
    ) -> None:
        """`clock`: epoch ms. `chance`: from 0 to 1, so that many retries do not fall on one moment."""
        self._claims = claims
        self._senders = senders
        self._unsealer = unsealer
        self._receipts = receipts
        self._dead_letters = dead_letters
        self._clock = clock
        self._chance = chance
        self._lease_ms = lease_ms

    def run(self, job: Job, line: str) -> Again | None:
        """Deliver a job of a line (SQS message group); None = it is done with, one way or another."""
        now = self._clock()
        claim = self._claims.begin(job, now, self._lease_ms)
        if not claim.is_mine:
            return self._look(job, claim, now)
        if not (claim.is_told or job.was_told) and Reason(job.notice.reason) in _FOLLOWS:
            self._finish(job, claim, Outcome.SUPERSEDED, now, "Nothing of this alert arrived before.")
            return None
        if Reason(job.notice.reason) is Reason.STANDOUTS and not claim.references:
            why = "There is no message of this alert alone to write it below."
            self._finish(job, claim, Outcome.SUPERSEDED, now, why)
            return None
        if claim.doubts >= MAX_DOUBTS:
            self._end_others(job, Outcome.UNCERTAIN, now, delivered=Delivered())
            self._finish(job, claim, Outcome.UNCERTAIN, now, "It was sent twice, and nobody answered.")
            return None
        began = now
        try:
            secrets = self._unsealer.open(job.target.sealed)
            delivered = self._senders.send(Letter(job, secrets, claim.references, claim.doubts > 0, now))
        except DeliveryFailed as error:
            return self._failed(job, line, claim, error, began)
        now = self._clock()
        if job.others:  # later messages are about single alerts: none of them may change this one
            delivered = replace(delivered, references={})
            self._end_others(job, Outcome.SENT, began, delivered=delivered)
        self._claims.finish(job, claim, Outcome.SENT, now, delivered=delivered)
        self._send_receipt(job, claim, Outcome.SENT, began, took=now - began, delivered=delivered)
        return None

    def _end_others(
        self,
        job: Job,
        outcome: Outcome,
        at: int,
        *,
        delivered: Delivered | None = None,
        failed: DeliveryFailed | None = None,
    ) -> None:
        """What became of a message became of all that it told; before the first one ends, so that nothing is left."""
        for member in job.others:
            other = job.of(member)
            claim = self._claims.begin(other, at, self._lease_ms)
            if claim.is_mine or claim.state == "sending":
                error = None if failed is None else failed.message
                self._claims.finish(other, claim, outcome, at, error=error, delivered=delivered)
            elif claim.state == Outcome.SUPERSEDED:
                continue
            self._send_receipt(other, claim, outcome, at, delivered=delivered, failed=failed)

    def _look(self, job: Job, claim: Claim, now: int) -> Again | None:
        """Somebody else has it, or it is done: then its receipt may have been lost."""
        if claim.state == "sending":
            left = max(1, (claim.started_at + self._lease_ms - now) // 1000 + 1)
            return Again(left, "another notifier is sending it, or died while it did")
        if claim.state == Outcome.SUPERSEDED and claim.tries == 0:
            self._send_receipt(job, claim, Outcome.SUPERSEDED, now, error="Something newer of this alert was told.")
            return None
        delivered = Delivered(claim.provider_id) if claim.state == Outcome.SENT else None
        self._send_receipt(job, claim, Outcome(claim.state), now, error=claim.error, delivered=delivered)
        self._end_others(job, Outcome(claim.state), now, delivered=delivered)
        return None

    def _failed(self, job: Job, line: str, claim: Claim, error: DeliveryFailed, began: int) -> Again | None:
        now = self._clock()
        took = now - began
        if error.failure is Failure.PERMANENT:
            self._end_others(job, Outcome.FAILED, began, failed=error)
            self._claims.finish(job, claim, Outcome.FAILED, now, error=error.message)
            self._send_receipt(job, claim, Outcome.FAILED, began, took=took, failed=error)
            return None
        is_doubtful = error.failure is Failure.DOUBTFUL
        if is_doubtful and claim.doubts + 1 >= MAX_DOUBTS:
            self._end_others(job, Outcome.UNCERTAIN, began, delivered=Delivered(), failed=error)
            self._claims.finish(job, claim, Outcome.UNCERTAIN, now, error=error.message, delivered=Delivered())
            self._send_receipt(job, claim, Outcome.UNCERTAIN, began, took=took, failed=error)
            return None
        if claim.tries >= MAX_TRIES:
            self._dead_letters.put(job, line)
            self._end_others(job, Outcome.DEAD, began, failed=error)
            self._claims.finish(job, claim, Outcome.DEAD, now, error=error.message)
            self._send_receipt(job, claim, Outcome.DEAD, began, took=took, failed=error)
            return None
        self._claims.finish(job, claim, "doubtful" if is_doubtful else "retry", now, error=error.message)
        self._send_receipt(job, claim, Outcome.RETRYING, began, took=took, failed=error)
        return Again(self._pause(claim.tries, error.retry_after), error.message)

    def _finish(self, job: Job, claim: Claim, outcome: Outcome, now: int, why: str) -> None:
        """End it without an attempt."""
        arrived = Delivered() if outcome is Outcome.UNCERTAIN else None
        self._claims.finish(job, claim, outcome, now, error=why, delivered=arrived)
        self._send_receipt(job, claim, outcome, now, error=why)

    def _pause(self, tries: int, asked: int | None) -> int:
        """Seconds: four times longer each time, a quarter more or less by chance; never less than was asked for."""
        grown = min(LONGEST_PAUSE, 4 ** min(tries - 1, 6))
        spread: int = max(1, round(grown * (0.75 + self._chance() / 2)))
        return max(min(LONGEST_PAUSE, spread), min(asked or 0, LONGEST_RETRY_AFTER))

    def _send_receipt(
        self,
        job: Job,
        claim: Claim,
        outcome: Outcome,
        at: int,
        *,
        took: int = 0,
        error: str | None = None,
        delivered: Delivered | None = None,
        failed: DeliveryFailed | None = None,
    ) -> None:
        status = failed.status if failed is not None else None if delivered is None else delivered.status
        receipt = Receipt(
            job.id,
            job.round,
            claim.tries,
            at,
            outcome,
            took_ms=float(took),
            status=status,
            provider_id=None if delivered is None else delivered.provider_id,
            error=error if failed is None else failed.message,
            possible_duplicate=claim.doubts > 0,
            disable=failed is not None and failed.disable,
        )
        self._receipts.send(receipt)
