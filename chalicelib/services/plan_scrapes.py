"""Plans scrapes: every minute, everything that is due until the next planning, and some seconds more.

The plan is held in one transaction: two planners at once plan each scrape once. It is kept after the queue has taken
the pulls: if this process dies in between, those are pulled twice, which only makes one more sample.
"""

from __future__ import annotations

from chalicelib.domain.pulls import plan
from chalicelib.services.ports.alerting import UnitOfWork
from chalicelib.services.ports.collecting import Credential, PullQueue, ScrapePlan

HORIZON_MS = 75_000  # the next planning comes a minute later, or some seconds after that


class PlanScrapes:
    """Sends pulls."""

    def __init__(self, unit: UnitOfWork, book: ScrapePlan, credential: Credential, queue: PullQueue) -> None:
        self._unit = unit
        self._book = book
        self._credential = credential
        self._queue = queue

    def run(self, now: int) -> int:
        """Plan what is due within the next 75 seconds after `now` (epoch ms); how many scrapes. Raises Unavailable."""
        return self._plan(now, now + HORIZON_MS, only_new=False)

    def run_new(self, now: int) -> int:
        """Have targets that were never planned pulled at `now` (epoch ms), once; how many. Raises Unavailable.

        What follows is planned with all others: in a message of its own, a target that hangs would hold a puller alone.
        """
        return self._plan(now, now, only_new=True)

    def _plan(self, now: int, until: int, *, only_new: bool) -> int:
        with self._unit.transaction():
            due = self._book.due(until, only_new=only_new)
            if not due:
                return 0
            pulls = plan(due, now, until, self._credential.sealed(now))
            if pulls:
                self._queue.send([(max(0, -(-(each.at - now) // 1000)), each) for each in pulls])
            self._book.planned([each.target.id for each in due], until)
        return sum(len(each.jobs) for each in pulls)
