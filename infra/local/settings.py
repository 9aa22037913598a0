"""The only reader of the environment in the local stack: its own variables, and which parts come from elsewhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.failures import StackError


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """What `make run` can be told.

    `port` 0 = any free one. An address that is None is of a part to be started here; a given one replaces it.
    `environment` is what every part inherits.
    """

    port: int
    directory: Path
    with_agent: bool
    database_url: str | None
    redis_url: str | None
    aws_endpoint_url: str | None
    environment: Mapping[str, str]


def from_environment(environment: Mapping[str, str] | None = None) -> LocalSettings:
    """Read PORT, LOCAL_DIR, AGENT, DATABASE_URL, REDIS_URL, AWS_ENDPOINT_URL; an empty one counts as unset.

    Raises StackError for a value that is not allowed. TICK_SECONDS and the rest are the service's own settings: they
    are handed on with the environment.
    """
    given = dict(os.environ if environment is None else environment)
    port = given.get("PORT") or "8000"
    if not (port.isascii() and port.isdigit() and int(port) <= 65_535):
        raise StackError(f"PORT is {port[:40]!r}; it must be a number from 0 to 65535, for example: PORT=8080 make run")
    agent = given.get("AGENT") or "1"
    if agent not in ("0", "1"):
        raise StackError(f"AGENT is {agent[:40]!r}; it must be 1 or 0 (0 leaves the agent of this host out).")
    return LocalSettings(
        port=int(port),
        directory=Path(given.get("LOCAL_DIR") or ".local").expanduser().absolute(),
        with_agent=agent == "1",
        database_url=given.get("DATABASE_URL") or None,
        redis_url=given.get("REDIS_URL") or None,
        aws_endpoint_url=given.get("AWS_ENDPOINT_URL") or None,
        environment=given,
    )
