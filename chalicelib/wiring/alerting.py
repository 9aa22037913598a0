"""Builds what belongs to rules, alerts, silences and their history."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import settings
from chalicelib.wiring import database, valkey

if TYPE_CHECKING:
    from chalicelib.services.agents import IntroduceAgents
    from chalicelib.services.delete_series import DeleteSeries
    from chalicelib.services.evaluate import Evaluate
    from chalicelib.services.explain import Explain
    from chalicelib.services.history import AlertHistory
    from chalicelib.services.host_inventory import HostInventory
    from chalicelib.services.ports.alerting import Teller
    from chalicelib.services.readers import Readers
    from chalicelib.services.respond import Respond
    from chalicelib.services.rule_tests import RunRuleTests
    from chalicelib.services.rules import Rules
    from chalicelib.services.silencing import Silencing
    from chalicelib.services.suggest import SuggestThreshold
    from chalicelib.services.trial import TryRules
    from chalicelib.storage.postgres.alerts import PostgresAlerts
    from chalicelib.storage.postgres.audit import PostgresAudit
    from chalicelib.storage.postgres.events import PostgresEvents
    from chalicelib.storage.postgres.hosts import PostgresHosts
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
    from chalicelib.wiring.notifications import tell

    return tell()


@cache
def rules() -> Rules:
    """Keeps rules."""
    import secrets

    from chalicelib.services.rules import Rules
    from chalicelib.wiring.notifications import channel_book

    return Rules(database(), rule_book(), audit_trail(), respond(), channel_book(), secrets.token_bytes)


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


@cache
def try_rules() -> TryRules:
    """Tries rules on histories."""
    import time

    from chalicelib.services.trial import TryRules
    from chalicelib.storage.postgres.recent import PostgresRecent

    given = settings.current()
    return TryRules(
        PostgresRecent(database(), lambda: time.time_ns() // 1_000_000),
        tick_ms=given.tick_seconds * 1000,
        cooldown_period=given.alert_cooldown_period,
    )


@cache
def suggest_threshold() -> SuggestThreshold:
    """Weighs thresholds."""
    from chalicelib.services.suggest import SuggestThreshold

    given = settings.current()
    return SuggestThreshold(try_rules(), tick_ms=given.tick_seconds * 1000, cooldown_period=given.alert_cooldown_period)


@cache
def run_rule_tests() -> RunRuleTests:
    """Runs rule tests."""
    from chalicelib.services.rule_tests import RunRuleTests

    return RunRuleTests(tick_ms=settings.current().tick_seconds * 1000)


@cache
def explain() -> Explain:
    """Explains alerts and rules."""
    from chalicelib.services.explain import Explain
    from chalicelib.storage.postgres.standouts import PostgresStandouts
    from chalicelib.wiring.notifications import told

    tick_ms = settings.current().tick_seconds * 1000
    books = rule_book(), silence_book()
    return Explain(history(), *books, told(), try_rules(), PostgresStandouts(database()), tick_ms=tick_ms)


@cache
def host_book() -> PostgresHosts:
    """The inventory of hosts."""
    from chalicelib.storage.postgres.hosts import PostgresHosts

    return PostgresHosts(database())


@cache
def host_inventory() -> HostInventory:
    """Reads hosts and forgets them."""
    from chalicelib.services.host_inventory import HostInventory

    return HostInventory(database(), host_book(), alert_book(), respond(), audit_trail())


@cache
def introduce_agents() -> IntroduceAgents:
    """Writes what agents say into the inventory."""
    from chalicelib.services.agents import IntroduceAgents
    from chalicelib.storage.valkey.agents import ValkeyAgents

    return IntroduceAgents(ValkeyAgents(valkey()), host_book())


@cache
def evaluate() -> Evaluate:
    """Judges rules."""
    import time
    import uuid

    from chalicelib.services.evaluate import Evaluate
    from chalicelib.services.past import Past
    from chalicelib.services.recent import Recent
    from chalicelib.services.watch_hosts import WatchHosts
    from chalicelib.storage.postgres.evaluation import PostgresEvaluation
    from chalicelib.storage.postgres.recent import PostgresRecent

    given = settings.current()
    store = PostgresRecent(database(), lambda: time.time_ns() // 1_000_000)
    return Evaluate(
        unit=database(),
        book=PostgresEvaluation(database()),
        rules=rule_book(),
        alerts=alert_book(),
        silences=silence_book(),
        teller=teller(),
        recent=Recent(store),
        past=Past(store),
        hosts=WatchHosts(host_book()),
        new_id=lambda: f"alert_{uuid.uuid4().hex}",
        clock=time.perf_counter,
        tick_ms=given.tick_seconds * 1000,
        max_alerts=given.max_alerts_per_rule,
    )


@cache
def delete_series() -> DeleteSeries:
    """Deletes series."""
    from chalicelib.services.delete_series import DeleteSeries
    from chalicelib.storage.postgres.deletion import PostgresDeletion

    return DeleteSeries(PostgresDeletion(database()), readers(), audit_trail())


def readers() -> Readers:
    """Finds who reads a metric type."""
    from chalicelib.services.readers import Readers

    return Readers(rule_book())


def actor(token_id: str) -> str:
    """Who somebody is: the name of the token, or its id once it is gone."""
    from chalicelib.storage.postgres.tokens import PostgresTokens

    return PostgresTokens(database()).name_of(token_id) or token_id
