"""Builds the tick, in which all that is due at an instant of the grid comes together."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from chalicelib import settings
from chalicelib.wiring import active_users, database, drain, notifications, valkey
from chalicelib.wiring.alerting import evaluate, introduce_agents

_log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from chalicelib.services.tick import Tick


@cache
def tick() -> Tick:
    """Does what is due at an instant of the grid."""
    from chalicelib.services.tick import Tick
    from chalicelib.storage.postgres.alert_retention import PostgresAlertRetention
    from chalicelib.storage.postgres.catalogue import PostgresCatalogue
    from chalicelib.storage.postgres.orphans import PostgresOrphans
    from chalicelib.storage.postgres.tick import PostgresHousekeeping, PostgresTick
    from chalicelib.storage.postgres.tokens import PostgresTokens
    from chalicelib.storage.valkey.grants import ValkeyGrants
    from chalicelib.storage.valkey.metric_types import ValkeyMetricTypes

    given = settings.current()
    return Tick(
        store=PostgresTick(database()),
        drain=drain(),
        truth=PostgresTokens(database()),
        grants=ValkeyGrants(valkey()),
        types=ValkeyMetricTypes(valkey(), maximum=given.max_metric_types),
        catalogue=PostgresCatalogue(database()),
        housekeeping=(
            active_users(),
            PostgresHousekeeping(database()),
            PostgresOrphans(database()),
            PostgresAlertRetention(
                database(), alert_days=given.alert_retention_days, audit_days=given.audit_retention_days
            ),
        ),
        evaluate=evaluate(),
        agents=introduce_agents(),
    )


def run(instant: int, clock: Callable[[], int]) -> None:
    """Do what is due at an instant of the grid, hand over what is to be told, and announce; the clock tells epoch ms.

    A database that cannot be reached is told by the road that needs none. Raises what went wrong in the tick by a fault
    of ours, after everything else: failed runs ring an alarm, and the instant is not done again.
    """
    from chalicelib.domain.errors import Unavailable

    try:
        done = tick().run(instant, now=clock())
    except Unavailable:
        notifications.operator().service_down(clock())
        raise
    notifications.dispatch().run(clock())
    notifications.standouts().run(clock())
    if notifications.standouts().follow_up(clock()):
        notifications.dispatch().run(clock())
    if settings.current().event_bus_name:
        try:
            notifications.announce().run()
        except Unavailable as error:
            _log.error("events were not announced", extra={"reason": error.message})
    if done.faults:
        raise ExceptionGroup("steps of the tick failed", done.faults)
