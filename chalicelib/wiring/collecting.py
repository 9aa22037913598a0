"""Builds what keeps targets, plans their scrapes and writes down what became of them: all of it beside the database."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import settings
from chalicelib.wiring import database, tokens

if TYPE_CHECKING:
    from chalicelib.services.plan_scrapes import PlanScrapes
    from chalicelib.services.targets import Targets
    from chalicelib.storage.postgres.targets import PostgresTargets


@cache
def target_book() -> PostgresTargets:
    """Where targets are kept."""
    from chalicelib.storage.postgres.targets import PostgresTargets

    return PostgresTargets(database())


@cache
def targets() -> Targets:
    """Keeps targets."""
    import secrets

    from chalicelib.sealing import BoxSealer
    from chalicelib.services.targets import Targets
    from chalicelib.storage.postgres.audit import PostgresAudit

    sealer = BoxSealer(settings.current().notifier_public_key)
    return Targets(database(), target_book(), sealer, PostgresAudit(database()), secrets.token_bytes)


@cache
def plan_scrapes() -> PlanScrapes:
    """Sends pulls."""
    from chalicelib.queues import SqsPullQueue
    from chalicelib.sealing import BoxSealer
    from chalicelib.services.collector_credential import CollectorCredential
    from chalicelib.services.plan_scrapes import PlanScrapes
    from chalicelib.storage.postgres.scrape_plan import PostgresCollectorCredential, PostgresScrapePlan
    from chalicelib.storage.postgres.tokens import PostgresTokens

    given = settings.current()
    key, kept = given.notifier_public_key, PostgresTokens(database())
    credential = CollectorCredential(
        PostgresCollectorCredential(database()),
        tokens(),
        lambda token_id: kept.name_of(token_id) is not None,
        BoxSealer(key),
        key,
    )
    return PlanScrapes(database(), PostgresScrapePlan(database()), credential, SqsPullQueue(given.pull_queue))
