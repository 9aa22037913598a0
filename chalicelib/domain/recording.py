"""What the service answers to whoever records over its API."""

from __future__ import annotations

from dataclasses import dataclass


class NotRecorded(Exception):
    """The service took nothing, or did not say; the message says why and holds no secret."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many samples were taken, how many not, and why the first of these was not."""

    accepted: int = 0
    rejected: int = 0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body as it goes over the wire, and how many samples are in it."""

    content: bytes
    samples: int
