"""What keeping targets, planning their scrapes and pulling them need of the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from chalicelib.domain.collector_tokens import KeptCredential
from chalicelib.domain.exposed import Fetched
from chalicelib.domain.pulls import Job, Planned, Pull
from chalicelib.domain.recording import Body, Recorded
from chalicelib.domain.targets import Scrape, TargetRecord


class TargetBook(Protocol):
    """Where targets are kept."""

    def get(self, target_id: str, *, lock: bool = False) -> TargetRecord | None:
        """One target; with `lock`, nobody else changes it until the transaction ends."""
        ...

    def page(self, after: str, limit: int) -> list[TargetRecord]:
        """Targets in the order of their ids, from behind the id `after`."""
        ...

    def add(self, record: TargetRecord) -> bool:
        """Keep a new target; False when its name is taken."""
        ...

    def replace(self, record: TargetRecord) -> bool:
        """Keep a changed target; False when its name is taken."""
        ...

    def remove(self, target_id: str) -> None:
        """Forget a target; its samples stay."""
        ...

    def count(self) -> int:
        """How many there are."""
        ...


class ScrapePlan(Protocol):
    """What of the targets' time has been planned."""

    def due(self, until: int, *, only_new: bool = False) -> list[Planned]:
        """The enabled targets whose time up to `until` (epoch ms) is not planned yet; or those that never were.

        Whoever asks holds the plan until his transaction ends; others wait for him.
        """
        ...

    def planned(self, target_ids: Sequence[str], until: int) -> None:
        """Their time up to `until` (epoch ms) is planned."""
        ...


class PullQueue(Protocol):
    """The way to the puller."""

    def send(self, pulls: Sequence[tuple[int, Pull]]) -> None:
        """Send pulls, each to arrive after so many seconds. Raises Unavailable."""
        ...


class Credential(Protocol):
    """The puller's own token."""

    def sealed(self, now: int) -> str:
        """The token that is good now, in a box that only the puller can open. Raises Unavailable."""
        ...


class ScrapeQueue(Protocol):
    """The way back from the puller."""

    def send(self, scrapes: Sequence[Scrape]) -> None:
        """Send what became of scrapes."""
        ...


class Opener(Protocol):
    """Opens what was sealed for the puller."""

    def open(self, sealed: Mapping[str, str]) -> dict[str, str]:
        """The secrets by name. Raises DeliveryFailed when they were sealed for another key."""
        ...


class Source(Protocol):
    """Fetches what one type of target has."""

    def instance(self, job: Job) -> str:
        """The tag `instance` of everything that comes from there."""
        ...

    def fetch(self, job: Job, secrets: Mapping[str, str]) -> Fetched:
        """What there is now. Raises ScrapeFailed, also while the samples are read."""
        ...


class Recorder(Protocol):
    """The service's own API for recording."""

    def bodies(self, snapshots: Sequence[Mapping[str, Any]]) -> list[Body]:
        """The requests' bodies."""
        ...

    def record(self, bodies: Sequence[Body], token: str, key: str) -> Recorded:
        """Hand bodies over, each once however often it has to be tried. Raises NotRecorded."""
        ...


class CredentialBook(Protocol):
    """Where the puller's token is kept, in its box."""

    def get(self) -> KeptCredential | None:
        """The one that is kept."""
        ...

    def replace(self, credential: KeptCredential) -> None:
        """Keep another one."""
        ...
