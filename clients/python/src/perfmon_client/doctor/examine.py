"""All checks, in the order in which one would look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from perfmon_client.doctor import logs, service, stores, telling
from perfmon_client.doctor.finding import Check, Finding, guarded, skipped
from perfmon_client.errors import ApiError, Unreachable


def examine(
    api: service.Api,
    environment: Mapping[str, str],
    folder: Path,
    now: datetime,
    *,
    stack: str = "",
    session: Any = None,
) -> Iterator[Finding]:
    """Every check's findings. `folder` has the logs of make run; `stack` and boto3's `session` look on AWS instead."""
    checks: list[tuple[str, Check]] = [("service", partial(service.service, api, now))]
    if url := environment.get("DATABASE_URL"):
        checks.append(("database", partial(stores.database, url, now)))
    if url := environment.get("REDIS_URL"):
        checks.append(("valkey", partial(stores.valkey, url)))
    if (database := environment.get("DATABASE_URL")) and (valkey := environment.get("REDIS_URL")):
        checks.append(("drain", partial(stores.backlog, database, valkey, now)))
    checks += [
        ("recording", partial(service.recording, api)),
        ("rules", partial(_asked, "rules", partial(telling.rules, api))),
        ("cooldown", partial(_asked, "cooldown", partial(telling.cooldowns, api, now))),
        ("mail", partial(telling.mail, environment)),
    ]
    if stack:
        checks.append(("log", partial(logs.of_stack, stack, now, session)))
    else:
        checks.append(("log", partial(logs.of_folder, folder, now)))
    for name, check in checks:
        yield from guarded(name, check)


def _asked(name: str, check: Check) -> Iterator[Finding]:
    """A check that needs the API, which may be what is broken."""
    try:
        yield from check()
    except (ApiError, Unreachable) as error:
        yield skipped(name, f"the API does not say: {error}", "See service and stores first.")
