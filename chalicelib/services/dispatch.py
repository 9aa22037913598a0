"""Dispatch: hand what waits in the outbox to the notifier's queue, in order for each channel and rule.

One transaction holds the head of every line that is taken, so two dispatchers never share a line. A row is marked once
the queue has it; if this process dies in between, the row goes out again and the claims see to it that it is sent once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b

from chalicelib.domain.channels import Channel, ChannelSet
from chalicelib.domain.jobs import Job, Notice, Target
from chalicelib.domain.ledger import Outgoing
from chalicelib.services.ports.alerting import UnitOfWork
from chalicelib.services.ports.notifying import ChannelBook, JobQueue, Outbox

AT_ONCE = 500
BATCH = 10  # what SQS takes in one call


class Dispatch:
    """Empties the outbox."""

    def __init__(
        self,
        unit: UnitOfWork,
        outbox: Outbox,
        channels: ChannelBook,
        queue: JobQueue,
        links: Callable[[Notice, int], tuple[str, str]],
        *,
        zone: str,
    ) -> None:
        """`links`: the addresses of the dashboard and of acknowledging, '' where there is none; `zone` of mails."""
        self._unit = unit
        self._outbox = outbox
        self._channels = channels
        self._queue = queue
        self._links = links
        self._zone = zone

    def run(self, now: int) -> int:
        """Hand everything over that is due at `now` (epoch ms); how many. Raises Unavailable."""
        total = 0
        while (taken := self._step(now)) > 0:
            total += taken
        return total

    def requeue_lost(self, now: int) -> int:
        """Queue again what must have been lost on its way; how many. Raises Unavailable."""
        return self._outbox.requeue_lost(now)

    def _step(self, now: int) -> int:
        with self._unit.transaction():
            waiting = self._outbox.take(now, AT_ONCE)
            if not waiting:
                return 0
            channels = ChannelSet(self._channels.all())
            ready = []
            for each in waiting:
                channel = channels.get(each.channel_id)
                if channel.enabled or each.notice.reason == "test":
                    ready.append((each, channel))
                else:
                    gone = "The channel is switched off." if channel.is_known else "The channel has been deleted."
                    self._outbox.withdraw(each.id, gone, now)
            for batch in _batches(ready):
                jobs = [(line_of(each), self._job(each, channel, now)) for each, channel in batch]
                sent = self._queue.send(jobs)
                self._outbox.dispatched([each.id for each, _ in batch[:sent]], now)
                if sent < len(batch):
                    return 0  # the rest goes with the next run, in its order
        return len(waiting)

    def _job(self, outgoing: Outgoing, channel: Channel, now: int) -> Job:
        dashboard, acknowledge = self._links(outgoing.notice, now)
        target = Target(channel.id, channel.type, channel.config, channel.sealed)
        return Job(
            outgoing.id,
            outgoing.seq,
            outgoing.round,
            target,
            outgoing.notice,
            self._zone,
            dashboard,
            acknowledge,
            outgoing.was_told,
        )


def line_of(outgoing: Outgoing) -> str:
    """The line in which it stands: its channel and rule, as a name that SQS takes."""
    return blake2b(f"{outgoing.channel_id}|{outgoing.rule_id}".encode(), digest_size=16).hexdigest()


def _batches(ready: Sequence[tuple[Outgoing, Channel]]) -> list[list[tuple[Outgoing, Channel]]]:
    """In order, at most 10 each, and no alert twice in one: a queue may refuse single messages of a batch."""
    batches: list[list[tuple[Outgoing, Channel]]] = []
    seen: set[tuple[str, str]] = set()
    for each, channel in ready:
        thread = (each.channel_id, each.alert_id or each.id)
        if not batches or len(batches[-1]) == BATCH or thread in seen:
            batches.append([])
            seen.clear()
        batches[-1].append((each, channel))
        seen.add(thread)
    return batches
