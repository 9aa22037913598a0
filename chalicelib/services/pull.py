"""Pulls targets: fetches what each exposes and records it over the API, all at once, so that none waits for another.

1. A thread a target fetches, within the target's timeout.
2. What came is read one target after the other: that takes processor and memory, not time spent waiting.
3. It is recorded with a token of the collector's own, beside `up`, how long the scrape took, and how much it brought.
4. What became of all of them goes back in one message. Whoever is not done by then is given up.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Lock

from chalicelib.domain.deliveries import DeliveryFailed
from chalicelib.domain.exposed import Exposed, Fetched, ScrapeFailed, kept_samples, own_tags, snapshots
from chalicelib.domain.pulls import Job, Pull
from chalicelib.domain.recording import NotRecorded, Recorded
from chalicelib.domain.targets import Scrape, ScrapeState, TargetType
from chalicelib.services.ports.collecting import Opener, Recorder, ScrapeQueue, Source

RECORDING_SECONDS = 20  # what reading and recording may take after the fetch
UP = "up"
DURATION = "scrape_duration_seconds"
SAMPLES = "scrape_samples_scraped"
_log = logging.getLogger(__name__)


class PullTargets:
    """Does what a message asks for."""

    def __init__(
        self,
        source: Callable[[TargetType], Source],
        opener: Opener,
        recorder: Recorder,
        queue: ScrapeQueue,
        clock: Callable[[], int],
    ) -> None:
        """`source` fetches targets of a type; `clock` tells epoch ms."""
        self._source = source
        self._opener = opener
        self._recorder = recorder
        self._queue = queue
        self._clock = clock
        self._reading = Lock()

    def run(self, pull: Pull) -> list[Scrape]:
        """Pull all of them; what became of each. A message that comes too late does nothing: the next one has come."""
        begun = self._clock()
        if pull.is_late(begun) or not pull.jobs:
            return []
        token = self._opener.open({"token": pull.token})["token"]
        pool = ThreadPoolExecutor(len(pull.jobs))
        try:
            running = {pool.submit(self._scrape, job, token): job for job in pull.jobs}
            wait(running, timeout=max(job.timeout for job in pull.jobs) + RECORDING_SECONDS)
            done = [each.result() if each.done() else _given_up(job, begun) for each, job in running.items()]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        self._queue.send(done)
        return done

    def _scrape(self, job: Job, token: str) -> Scrape:
        begun = self._clock()
        try:
            return self._record(job, token, begun)
        except Exception:  # noqa: BLE001 -- the edge of a thread: logged, and one target's trouble is not another's
            _log.exception("a target could not be pulled", extra={"target": job.id})
            return Scrape(target_id=job.id, at=begun, state=ScrapeState.DOWN, error="an internal error; see the log")

    def _record(self, job: Job, token: str, begun: int) -> Scrape:
        source = self._source(job.type)
        tags = own_tags(job, source.instance(job))
        fetched, error = self._fetched(source, job)
        seconds = max(0, self._clock() - begun) / 1000
        with self._reading:
            samples: list[Exposed] = []
            try:
                samples = list(kept_samples(fetched.samples, job, tags))
            except ScrapeFailed as failed:
                error = f"{failed}"
            told = {UP: 0.0 if error else 1.0, DURATION: seconds, SAMPLES: float(len(samples))}
            samples += [Exposed(name, tags, value) for name, value in told.items()]
            bodies = self._recorder.bodies(snapshots(samples, begun))
            count = len(samples) - len(told)
            del samples
        state = ScrapeState.DOWN if error else ScrapeState.UP
        try:
            said = self._recorder.record(bodies, token, f"{job.id}-{begun}")
        except NotRecorded as failed:
            return Scrape(target_id=job.id, at=begun, state=state, error=error or f"{failed}", seconds=seconds)
        return Scrape(
            target_id=job.id,
            at=begun,
            state=state,
            error=error or _rejections(said),
            samples=count,
            rejected=said.rejected,
            seconds=seconds,
            collected_until=None if error else fetched.collected_until,
        )

    def _fetched(self, source: Source, job: Job) -> tuple[Fetched, str | None]:
        try:
            return source.fetch(job, self._opener.open(job.sealed)), None
        except ScrapeFailed as error:
            return Fetched(()), f"{error}"
        except DeliveryFailed:
            return Fetched(()), "its secrets cannot be opened with NOTIFIER_PRIVATE_KEY: give them again"


def _rejections(said: Recorded) -> str | None:
    return f"{said.rejected} samples were not taken: {said.reason}"[:500] if said.rejected else None


def _given_up(job: Job, begun: int) -> Scrape:
    return Scrape(target_id=job.id, at=begun, state=ScrapeState.DOWN, error="it took too long and was given up")
