"""What the puller is told to do: which targets, when, and with what; secrets are still sealed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.relabelling import Relabel
from chalicelib.domain.slots import due_slots
from chalicelib.domain.targets import Target, TargetType

JOBS_AT_ONCE = 40
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
    """A target whose time is planned up to an instant (epoch ms)."""

    target: Target
    until: int
    collected_until: int | None = None


def plan(targets: Iterable[Planned], now: int, until: int, token: str) -> list[Pull]:
    """The pulls of everything due from `now` to `until` (epoch ms) that is not planned yet, by instant.

    Targets due at the same instant share a message, at most 40 of them: all are pulled at once, so that how many
    run side by side depends on how many there are and not on how slow they are.
    """
    jobs: dict[int, list[Job]] = {}
    for each in targets:
        target = each.target
        for instant in due_slots(target.id, target.interval, max(each.until, now - 1), until):
            jobs.setdefault(instant, []).append(_job(target, each.collected_until))
    return [
        Pull(at=instant, token=token, jobs=tuple(due[begin : begin + JOBS_AT_ONCE]))
        for instant, due in sorted(jobs.items())
        for begin in range(0, len(due), JOBS_AT_ONCE)
    ]


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
