"""What a channel is handed to deliver, how it says what became of it, and who may try."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from chalicelib.domain.jobs import Job

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


@dataclass(frozen=True, slots=True)
class Letter:
    """A job ready to be sent.

    `secrets`: the channel's, opened. `references`: what the provider called earlier messages of the same alert.
    `possible_duplicate`: an earlier attempt may have arrived. `now` in epoch ms.
    """

    job: Job
    secrets: Mapping[str, str]
    references: Mapping[str, str]
    possible_duplicate: bool
    now: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """It arrived: what the provider calls it, what it answered, what to remember for later messages of the alert."""

    provider_id: str | None = None
    status: int | None = None
    references: Mapping[str, str] = field(default_factory=dict)


def called(given: object) -> str | None:
    """What a provider calls a message, as far as it can be kept: printable ASCII, up to 100 characters."""
    return _UNPRINTABLE.sub("", given)[:100] or None if isinstance(given, str) else None


class Failure(StrEnum):
    """What can be done about a failed delivery."""

    TRANSIENT = "transient"  # it did not arrive; try again
    PERMANENT = "permanent"  # it never will
    DOUBTFUL = "doubtful"  # it left and nobody answered


class DeliveryFailed(Exception):
    """It was not delivered, or nobody knows. The message may be shown: it holds no secret and no URL.

    `retry_after`: seconds that the receiver asked for. `disable`: the receiver is gone for good.
    """

    def __init__(
        self,
        failure: Failure,
        message: str,
        *,
        status: int | None = None,
        retry_after: int | None = None,
        disable: bool = False,
    ) -> None:
        super().__init__(message)
        self.failure = failure
        self.message = message
        self.status = status
        self.retry_after = retry_after
        self.disable = disable


@dataclass(frozen=True, slots=True)
class Claim:
    """Where a notification stands with the notifiers, and what is known of its thread: one alert at one channel.

    `state`: sending (held by the caller if `is_mine`), sent, failed, dead, uncertain, or superseded: something newer of
    the thread was begun. `tries`: attempts begun, this one included. `doubts`: attempts that may have arrived.
    `is_told`: something of the thread arrived or may have; `references`: what the provider calls it.
    """

    is_mine: bool
    state: str
    tries: int = 0
    doubts: int = 0
    started_at: int = 0
    is_told: bool = False
    references: Mapping[str, str] = field(default_factory=dict)
    provider_id: str | None = None
    error: str | None = None
