"""A target: something the collector pulls metrics from, how often, and what became of it last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chalicelib.domain.relabelling import Relabel

MIN_INTERVAL = 10
MAX_INTERVAL = 86_400
DEFAULT_INTERVAL = 60
MAX_TIMEOUT = 30
DEFAULT_TIMEOUT = 10
DEFAULT_SAMPLE_LIMIT = 20_000
MAX_SAMPLE_LIMIT = 50_000


class TargetType(StrEnum):
    """What speaks there."""

    PROMETHEUS = "prometheus"
    CLOUDWATCH = "cloudwatch"


class ScrapeState(StrEnum):
    """Whether a scrape brought something."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What to pull; `interval` and `timeout` in seconds.

    `config` is what only its type has; `sealed` are the secrets by name, each a box that only the puller can open.
    """

    id: str
    name: str
    type: TargetType
    config: Mapping[str, Any] = field(default_factory=dict)
    sealed: Mapping[str, str] = field(default_factory=dict)
    enabled: bool = True
    interval: int = DEFAULT_INTERVAL
    timeout: int = DEFAULT_TIMEOUT
    labels: Mapping[str, str] = field(default_factory=dict)
    relabel: tuple[Relabel, ...] = ()
    sample_limit: int = DEFAULT_SAMPLE_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrape:
    """What became of one: begun `at` (epoch ms), `seconds` long.

    `samples` were taken over by the service and `rejected` not; `error` says why, or why nothing came at all.
    `collected_until` (epoch ms) is for types that ask for a range: what lies before it need not be asked for again.
    """

    target_id: str
    at: int
    state: ScrapeState
    error: str | None = None
    samples: int = 0
    rejected: int = 0
    seconds: float = 0.0
    collected_until: int | None = None


@dataclass(frozen=True, slots=True)
class TargetRecord:
    """A target as it is kept; instants in epoch ms."""

    target: Target
    version: int
    created_at: int
    updated_at: int
    last: Scrape | None = None
    last_up_at: int | None = None
