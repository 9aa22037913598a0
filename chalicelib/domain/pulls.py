"""What the puller is told to do: which targets, when, and with what; secrets are still sealed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.relabelling import Relabel
from chalicelib.domain.slots import SLOT_MS, due_slots
from chalicelib.domain.targets import Target, TargetType

JOBS_AT_ONCE = 40
MAX_MESSAGE = 180_000  # bytes of the jobs of one message; SQS takes 262,144 of all of it
# A scrape that could not be begun for so long (ms) is not made up for: the next one has come.
LATE_AFTER_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A target to pull once; times in seconds, `collected_until` in epoch ms, None = never collected."""

    id: str
    name: str
    type: TargetType
    config: Mapping[str, Any]
    sealed: Mapping[str, str]
    interval: int
    timeout: int
    labels: Mapping[str, str]
    relabel: tuple[Relabel, ...] = ()
    sample_limit: int = 0
    collected_until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """One message to the puller: jobs due at the same instant (epoch ms). `version` is that of this form."""

    at: int
    token: str
    jobs: tuple[Job, ...] = field(default=())
    version: int = 1

    def is_late(self, now: int) -> bool:
        """Whether its time is over."""
        return now > self.at + LATE_AFTER_MS


@dataclass(frozen=True, slots=True)
class Planned:
    """A target whose time is planned up to an instant (epoch ms); 0 = never was."""

    target: Target
    until: int
    collected_until: int | None = None


def plan(targets: Iterable[Planned], now: int, until: int, token: str) -> list[Pull]:
    """The pulls of everything due from `now` to `until` (epoch ms) that is not planned yet, by instant.

    Targets due at the same instant share a message, at most 40 of them: all are pulled at once, so that how many
    run side by side depends on how many there are and not on how slow they are.
    """
    jobs: dict[int, list[Job]] = {}
    weights: dict[str, int] = {}
    for each in targets:
        target = each.target
        weights[target.id] = _weight(target)
        for instant in _instants(each, now, until):
            jobs.setdefault(instant, []).append(_job(target, each.collected_until))
    return [
        Pull(at=instant, token=token, jobs=part)
        for instant, due in sorted(jobs.items())
        for part in _parts(due, weights)
    ]


def _instants(planned: Planned, now: int, until: int) -> list[int]:
    """When a target is due; a new one also at once, so that whoever made it need not wait to see it work."""
    target = planned.target
    found = list(due_slots(target.id, target.interval, max(planned.until, now - 1), until))
    if planned.until <= 0 and (not found or found[0] > now + SLOT_MS):
        found.insert(0, now)
    return found


def _parts(jobs: Iterable[Job], weights: Mapping[str, int]) -> Iterator[tuple[Job, ...]]:
    """The jobs in as few messages as they fit in."""
    part: list[Job] = []
    size = 0
    for job in jobs:
        if len(part) == JOBS_AT_ONCE or (part and size + weights[job.id] > MAX_MESSAGE):
            yield tuple(part)
            part, size = [], 0
        part.append(job)
        size += weights[job.id]
    yield tuple(part)


def _weight(target: Target) -> int:
    """At least as many bytes as a target's job has on the wire."""
    rules = [(rule.labels, rule.pattern, rule.separator, "action and names of fields") for rule in target.relabel]
    return 500 + len(json.dumps([target.name, target.config, dict(target.sealed), target.labels, rules]))


def _job(target: Target, collected_until: int | None) -> Job:
    return Job(
        id=target.id,
        name=target.name,
        type=target.type,
        config=target.config,
        sealed=target.sealed,
        interval=target.interval,
        timeout=target.timeout,
        labels=target.labels,
        relabel=target.relabel,
        sample_limit=target.sample_limit,
        collected_until=collected_until,
    )
