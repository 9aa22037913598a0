"""Reads from the Chalice app what AWS would be told of it: routes, schedules, queues, time limits."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local.frames import Function, Hello, QueueSource, Resource, Schedule

if TYPE_CHECKING:
    from chalice.app import Chalice

_SECONDS = 60  # Chalice's own default
_CONCURRENCY = 2  # the least that AWS lets an SQS event source be limited to


def manifest(app: Chalice, directory: Path) -> Hello:
    """What the app in the directory declares, with the time limits of its `.chalice/config.json`."""
    from chalice.app import ScheduledEventConfig, SQSEventConfig

    limits = _Limits(directory)

    def function(source: Any) -> Function:
        return Function(source.name, source.handler_string, limits.seconds(source.name))

    schedules, queues = [], []
    for source in app.event_sources:
        if isinstance(source, ScheduledEventConfig):
            expression = source.schedule_expression
            text = expression if isinstance(expression, str) else expression.to_string()
            schedules.append(Schedule(function(source), text))
        elif isinstance(source, SQSEventConfig):
            name = source.queue or str(source.queue_arn).rpartition(":")[2]
            concurrency = source.maximum_concurrency or _CONCURRENCY
            queues.append(QueueSource(function(source), name, source.batch_size, concurrency))
    return Hello(
        app_name=app.app_name,
        api=Function("api_handler", "app.app", limits.seconds("api_handler")),
        resources=[_resource(path, entries) for path, entries in app.routes.items()],
        binary_types=list(app.api.binary_types),
        schedules=schedules,
        queues=queues,
    )


def _resource(path: str, entries: dict[str, Any]) -> Resource:
    methods = sorted(entries)
    cors = next((entry.cors for entry in entries.values() if entry.cors is not None), None)
    if cors is None:
        return Resource(path, methods, None)
    allowed = {"Access-Control-Allow-Methods": ",".join([*methods, "OPTIONS"])}
    return Resource(path, methods, {**cors.get_access_control_headers(), **allowed})


class _Limits:
    """The time limits in Chalice's configuration: a function's own before the stage's before everybody's."""

    def __init__(self, directory: Path) -> None:
        config: dict[str, Any] = {}
        with contextlib.suppress(FileNotFoundError):
            config = json.loads((directory / ".chalice" / "config.json").read_text())
        stages = config.get("stages", {})
        stage: dict[str, Any] = stages.get("dev") or next(iter(stages.values()), {})
        self._everybody = [stage, config]

    def seconds(self, name: str) -> int:
        """The function's limit."""
        own = [each.get("lambda_functions", {}).get(name, {}) for each in self._everybody]
        given = (each.get("lambda_timeout") for each in [*own, *self._everybody])
        return next((int(seconds) for seconds in given if seconds), _SECONDS)
