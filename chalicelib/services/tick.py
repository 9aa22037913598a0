"""The tick: what happens at every instant of the grid, and how the instants of the next minute are ordered.

EventBridge fires once a minute at best. That run sends the next instants of the grid as delayed messages to a queue;
a message carries its instant. Duplicates, overlaps and late ones fall away, because the last instant is kept and only
rises.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from chalicelib.domain.errors import ServiceError
from chalicelib.domain.gaps import SET_BACK_MS
from chalicelib.services.agents import IntroduceAgents
from chalicelib.services.drain import Drain, Drained
from chalicelib.services.evaluate import Evaluate, Evaluated
from chalicelib.services.ports.access import GrantRebuild, TokenTruth
from chalicelib.services.ports.ingest import KnownTypes
from chalicelib.services.ports.reading import Catalogue
from chalicelib.services.ports.tick import Housekeeping, TickQueue, TickStore

HORIZON_SECONDS = 75  # more than a minute, so that an EventBridge run that is late leaves no hole
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Ticked:
    """What a tick did; `failed` names the steps that did not succeed. None drained = another run holds the drain.

    `faults` are those failures that no dependency explains: ours, to be told once everything else is done.
    """

    instant: int
    skipped: bool = False
    drained: Drained | None = None
    evaluated: Evaluated | None = None
    failed: list[str] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)


def grid_instant(now: int, tick_seconds: int) -> int:
    """The latest instant of the grid at or before `now`; epoch ms."""
    return now - now % (tick_seconds * 1000)


class ScheduleTicks:
    """Orders the instants to come."""

    def __init__(self, queue: TickQueue, *, tick_seconds: int) -> None:
        self._queue = queue
        self._step = tick_seconds * 1000

    def run(self, now: int) -> list[int]:
        """Send every instant of the grid in the next 75 seconds, each delayed until it has come; the instants."""
        first = now - now % self._step + self._step
        instants = list(range(first, now + HORIZON_SECONDS * 1000 + 1, self._step))
        self._queue.send({instant: -((now - instant) // 1000) for instant in instants})
        return instants


class Tick:
    """Does what is due at one instant. One step that fails does not keep the others from their turn."""

    def __init__(
        self,
        store: TickStore,
        drain: Drain,
        truth: TokenTruth,
        grants: GrantRebuild,
        types: KnownTypes,
        catalogue: Catalogue,
        housekeeping: Sequence[Housekeeping],
        evaluate: Evaluate,
        agents: IntroduceAgents,
    ) -> None:
        self._store = store
        self._drain = drain
        self._evaluate = evaluate
        self._agents = agents
        self._truth = truth
        self._grants = grants
        self._types = types
        self._catalogue = catalogue
        self._housekeeping = housekeeping

    def run(self, instant: int, *, now: int) -> Ticked:
        """Tick for a grid instant; `now` is the clock. Skips an instant that is not after the last one.

        After a clock that was ahead has been set right, ticks go on at once, not when it is as late again.
        """
        done = Ticked(instant)
        if not self._store.advance(instant, latest=now + SET_BACK_MS):
            done.skipped = True
            return done

        def drain() -> None:
            done.drained = self._drain.run(now)

        self._attempt("drain", drain, done)

        def evaluate() -> None:
            done.evaluated = self._evaluate.run(instant, healthy=done.drained is not None and not done.drained.behind)

        self._attempt("evaluation", evaluate, done)
        self._attempt("tokens", self._write_tokens_through, done)
        if instant % 60_000 == 0:
            self._attempt("metric types", self._write_types_through, done)
            self._attempt("agents", self._agents.run, done)
            for keeper in self._housekeeping:
                self._attempt("housekeeping", partial(keeper.run, now), done)
        return done

    def _write_tokens_through(self) -> None:
        self._grants.rebuild(self._truth.grants())
        if uses := self._grants.take_uses():
            self._truth.note_uses(uses)

    def _write_types_through(self) -> None:
        self._types.rebuild(self._catalogue.metric_types())

    def _attempt(self, name: str, step: Callable[[], object], done: Ticked) -> None:
        try:
            step()
        except ServiceError as error:
            done.failed.append(name)
            _log.error("a step of the tick failed", extra={"step": name, "reason": error.message})
        except Exception as error:  # noqa: BLE001 -- a value that one step cannot take must not keep rules from being judged
            done.failed.append(name)
            done.faults.append(error)
