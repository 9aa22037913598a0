"""Watchdog: does telling work at all? A canary goes the whole way every hour, and its failure is told by another road.

The operator's road needs no database: a job straight into the notifier's queue. So does the news that the database
itself cannot be reached, told at most once in 15 minutes.
"""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.domain.channels import CANARY
from chalicelib.domain.instants import to_iso
from chalicelib.domain.jobs import Job, Notice, Target
from chalicelib.domain.ledger import Delivery, Entry, LedgerFilter, Recorded, entry_to
from chalicelib.domain.notifications import Reason
from chalicelib.services.dispatch import Dispatch
from chalicelib.services.ports.notifying import EntryBook, JobQueue, Ledger

LATE_MS = 300_000
DOWN_EVERY_MS = 900_000
OPERATOR = Target("operator", "operator", {}, {})


class TellOperator:
    """The road that needs nothing but the queue."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue

    def tell(self, what: str, message: str, now: int, *, every_ms: int) -> None:
        """Tell the operator, at most once in every span of `every_ms`; `what` names the matter."""
        span = now // every_ms
        notice = Notice(at=now, reason=str(Reason.TEST), message=message)
        self._queue.send([("operator", Job(f"{what}-{span}", span, 0, OPERATOR, notice))])

    def service_down(self, now: int) -> None:
        """The database cannot be reached: nothing is judged."""
        message = "The Performance Monitoring Service cannot reach PostgreSQL: rules are not judged, nobody is told."
        self.tell("service_down", message, now, every_ms=DOWN_EVERY_MS)


class Watchdog:
    """Sends canaries and looks after them."""

    def __init__(
        self,
        ledger: Ledger,
        entries: EntryBook,
        dispatch: Dispatch,
        operator: TellOperator,
        record: Callable[[float, int], None],
        new_id: Callable[[], str],
    ) -> None:
        """`record` keeps how long a canary took, in ms, as a metric, at an instant."""
        self._ledger = ledger
        self._entries = entries
        self._dispatch = dispatch
        self._operator = operator
        self._record = record
        self._new_id = new_id

    def run(self, now: int) -> bool:
        """Judge the last canary and send another; whether the last one arrived. Raises Unavailable."""
        last = self._last()
        arrived = last is None or last.state is Delivery.SENT
        if last is not None and last.sent_at is not None:
            self._record(float(last.sent_at - last.entry.at), last.sent_at)
        elif last is not None and now - last.entry.at > LATE_MS:
            why = f" ({last.error})" if last.error else ""
            message = f"Notifications do not arrive: the canary of {to_iso(last.entry.at)} is {last.state}{why}."
            self._operator.tell("canary", message, now, every_ms=DOWN_EVERY_MS)
        self._entries.write([self._canary(now)])
        self._dispatch.run(now)
        return arrived

    def _last(self) -> Recorded | None:
        found = self._ledger.page(LedgerFilter(channel_id=CANARY.id), None, 1)
        return found[0] if found else None

    def _canary(self, now: int) -> Entry:
        notice = Notice(at=now, reason=str(Reason.TEST))
        return entry_to(CANARY, Reason.TEST, notice, entry_id=self._new_id(), at=now)
