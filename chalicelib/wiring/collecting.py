"""Builds what keeps targets, plans their scrapes and writes down what became of them: all of it beside the database."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import settings
from chalicelib.wiring import database

if TYPE_CHECKING:
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
