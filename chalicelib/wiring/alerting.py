"""Builds what belongs to rules, alerts, silences and their history."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from chalicelib.wiring import database

if TYPE_CHECKING:
    from chalicelib.services.history import AlertHistory
    from chalicelib.services.ports.alerting import Teller
    from chalicelib.services.respond import Respond
    from chalicelib.services.rules import Rules
    from chalicelib.services.silencing import Silencing
    from chalicelib.storage.postgres.alerts import PostgresAlerts
    from chalicelib.storage.postgres.audit import PostgresAudit
    from chalicelib.storage.postgres.events import PostgresEvents
    from chalicelib.storage.postgres.rules import PostgresRules
    from chalicelib.storage.postgres.silences import PostgresSilences


@cache
def alert_book() -> PostgresAlerts:
    """Where alerts are kept."""
    from chalicelib.storage.postgres.alerts import PostgresAlerts

    return PostgresAlerts(database())


@cache
def rule_book() -> PostgresRules:
    """Where rules are kept."""
    from chalicelib.storage.postgres.rules import PostgresRules

    return PostgresRules(database())


@cache
def silence_book() -> PostgresSilences:
    """Where silences are kept."""
    from chalicelib.storage.postgres.silences import PostgresSilences

    return PostgresSilences(database())


@cache
def audit_trail() -> PostgresAudit:
    """The audit trail."""
    from chalicelib.storage.postgres.audit import PostgresAudit

    return PostgresAudit(database())


@cache
def events() -> PostgresEvents:
    """The feed of events."""
    from chalicelib.storage.postgres.events import PostgresEvents

    return PostgresEvents(database())


@cache
def respond() -> Respond:
    """What people do to alerts."""
    from chalicelib.services.respond import Respond

    return Respond(database(), alert_book(), rule_book(), silence_book(), teller())


@cache
def teller() -> Teller:
    """Decides whom to tell."""
    from chalicelib.services.untold import Untold

    return Untold()


@cache
def rules() -> Rules:
    """Keeps rules."""
    import secrets

    from chalicelib.services.rules import Rules

    return Rules(database(), rule_book(), audit_trail(), respond(), secrets.token_bytes)


@cache
def silencing() -> Silencing:
    """Keeps silences and maintenance windows."""
    import secrets

    from chalicelib.services.silencing import Silencing

    return Silencing(database(), silence_book(), alert_book(), audit_trail(), secrets.token_bytes)


@cache
def history() -> AlertHistory:
    """Reads alerts."""
    from chalicelib.services.history import AlertHistory

    return AlertHistory(alert_book())


def actor(token_id: str) -> str:
    """Who somebody is: the name of the token, or its id once it is gone."""
    from chalicelib.storage.postgres.tokens import PostgresTokens

    return PostgresTokens(database()).name_of(token_id) or token_id
