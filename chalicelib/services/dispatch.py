"""Dispatch: hand what waits in the outbox to the notifier's queue, in order for each channel and rule.

One transaction holds the head of every line that is taken, so two dispatchers never share a line. A row is marked once
the queue has it; if this process dies in between, the row goes out again and the claims see to it that it is sent once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from hashlib import blake2b

import msgspec

from chalicelib.domain.channels import Channel, ChannelSet
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.jobs import Job, Member, Notice, Target
from chalicelib.domain.ledger import Outgoing
from chalicelib.services.ports.alerting import UnitOfWork
from chalicelib.services.ports.notifying import ChannelBook, JobQueue, Outbox

AT_ONCE = 500
BATCH = 10  # jobs that are handed over before they are marked
MOST_TOGETHER = 40
MOST_BYTES_TOGETHER = 150_000  # of notices in one message of at most 256 kB, in which the channel stands as well

_log = logging.getLogger(__name__)
Bundle = tuple[Outgoing, ...]  # in order; what is told together


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

    def soon(self, now: int) -> None:
        """Hand over what can be; the rest goes with the next tick, so no request that wrote it down fails for it."""
        try:
            self.run(now)
        except Unavailable as error:
            _log.warning("notifications wait for the next tick", extra={"reason": error.message})

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
            for batch in _batches(together(ready)):
                jobs = [(line_of(bundle[0]), self._job(bundle, channel, now)) for bundle, channel in batch]
                sent = self._queue.send(jobs)
                self._outbox.dispatched([each.id for bundle, _ in batch[:sent] for each in bundle], now)
                if sent < len(batch):
                    return 0  # the rest goes with the next run, in its order
        return len(waiting)

    def _job(self, bundle: Bundle, channel: Channel, now: int) -> Job:
        first, *others = bundle
        dashboard, acknowledge = self._links(first.notice, now)
        return Job(
            first.id,
            first.seq,
            first.round,
            Target(channel.id, channel.type, channel.config, channel.sealed),
            first.notice,
            self._zone,
            dashboard,
            "" if others else acknowledge,
            first.was_told,
            others=tuple(Member(each.id, each.seq, each.round, each.notice) for each in others),
        )


def together(ready: Sequence[tuple[Outgoing, Channel]]) -> list[tuple[Bundle, Channel]]:
    """What is told in one message: neighbours of a line that waited for each other, bounded by what a job may hold."""
    bundles: list[tuple[list[Outgoing], Channel]] = []
    sizes: list[int] = []
    last: dict[str, int] = {}
    for each, channel in ready:
        line = line_of(each)
        place = last.get(line)
        size = len(msgspec.json.encode(each.notice)) if each.notice.group_wait else 0
        if each.notice.group_wait and place is not None and len(bundles[place][0]) < MOST_TOGETHER:
            before = bundles[place][0]
            fits = sizes[place] + size <= MOST_BYTES_TOGETHER
            if fits and before[-1].notice.group_wait and all(other.alert_id != each.alert_id for other in before):
                before.append(each)
                sizes[place] += size
                continue
        last[line] = len(bundles)
        bundles.append(([each], channel))
        sizes.append(size)
    return [(tuple(bundle), channel) for bundle, channel in bundles]


def line_of(outgoing: Outgoing) -> str:
    """The line in which it stands: its channel and rule, as a name that SQS takes."""
    return blake2b(f"{outgoing.channel_id}|{outgoing.rule_id}".encode(), digest_size=16).hexdigest()


def _batches(ready: Sequence[tuple[Bundle, Channel]]) -> list[list[tuple[Bundle, Channel]]]:
    """In order, at most 10 each, and no alert twice in one: a queue may refuse single messages of a batch."""
    batches: list[list[tuple[Bundle, Channel]]] = []
    seen: set[tuple[str, str]] = set()
    for bundle, channel in ready:
        threads = {(each.channel_id, each.alert_id or each.id) for each in bundle}
        if not batches or len(batches[-1]) == BATCH or threads & seen:
            batches.append([])
            seen.clear()
        batches[-1].append((bundle, channel))
        seen |= threads
    return batches
