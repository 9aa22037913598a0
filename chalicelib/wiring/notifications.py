"""Builds what decides whom to tell, hands it to the notifier, and keeps the ledger: all of it beside the database."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import settings
from chalicelib.domain.jobs import Notice
from chalicelib.domain.links import make_token
from chalicelib.wiring import database, ingest

if TYPE_CHECKING:
    from chalicelib.channels.registry import Registry
    from chalicelib.services.announce import Announce
    from chalicelib.services.channels import Channels
    from chalicelib.services.dispatch import Dispatch
    from chalicelib.services.standouts import FindStandouts
    from chalicelib.services.tell import Tell
    from chalicelib.services.told import Told
    from chalicelib.services.watchdog import TellOperator, Watchdog
    from chalicelib.storage.postgres.channels import PostgresChannels
    from chalicelib.storage.postgres.ledger import PostgresLedger
    from chalicelib.storage.postgres.outbox import PostgresOutbox


@cache
def channel_book() -> PostgresChannels:
    """Where channels are kept."""
    from chalicelib.storage.postgres.channels import PostgresChannels

    return PostgresChannels(database())


@cache
def outbox() -> PostgresOutbox:
    """What is to be sent."""
    from chalicelib.storage.postgres.outbox import PostgresOutbox

    return PostgresOutbox(database())


@cache
def ledger() -> PostgresLedger:
    """What was decided and what became of it."""
    from chalicelib.storage.postgres.ledger import PostgresLedger

    return PostgresLedger(database())


@cache
def told() -> Told:
    """Reads the ledger, and has things sent again."""
    from chalicelib.services.told import Told

    return Told(ledger())


@cache
def channel_types() -> Registry:
    """The types of channels."""
    import secrets

    from chalicelib.channels.registry import Registry

    return Registry(secrets.token_bytes)


@cache
def tell() -> Tell:
    """Decides whom to tell."""
    import uuid

    from chalicelib.services.tell import Tell
    from chalicelib.storage.postgres.tellings import PostgresTellings

    given = settings.current()
    return Tell(
        channel_book(),
        PostgresTellings(database()),
        outbox(),
        channel_types(),
        new_id=lambda: f"ntf_{uuid.uuid4().hex}",
        cooldown_period=given.alert_cooldown_period,
        default_recipients=sorted(settings.names(given.alert_default_recipients)),
    )


@cache
def dispatch() -> Dispatch:
    """Empties the outbox."""
    from chalicelib.queues import SqsJobQueue
    from chalicelib.services.dispatch import Dispatch

    given = settings.current()
    return Dispatch(
        database(), outbox(), channel_book(), SqsJobQueue(given.notification_queue), _links, zone=given.timezone
    )


@cache
def announce() -> Announce:
    """Hands the feed of events to the event bus."""
    from chalicelib.queues import SqsEventRoad
    from chalicelib.services.announce import Announce
    from chalicelib.storage.postgres.event_bus import PostgresHandedOver
    from chalicelib.storage.postgres.events import PostgresEvents

    road = SqsEventRoad(settings.current().event_queue)
    return Announce(database(), PostgresEvents(database()), PostgresHandedOver(database()), road)


@cache
def standouts() -> FindStandouts:
    """Looks for what else changed when an alert fired."""
    import time
    import uuid

    from chalicelib.services.standouts import FindStandouts
    from chalicelib.storage.postgres.standouts import PostgresPlaces, PostgresStandouts

    return FindStandouts(
        database(),
        PostgresStandouts(database()),
        PostgresPlaces(database(), lambda: time.time_ns() // 1_000_000),
        channel_book(),
        channel_types(),
        outbox(),
        new_id=lambda: f"ntf_{uuid.uuid4().hex}",
        clock=time.monotonic,
    )


@cache
def channels() -> Channels:
    """Keeps channels."""
    import secrets

    from chalicelib.sealing import BoxSealer
    from chalicelib.services.channels import Channels
    from chalicelib.storage.postgres.audit import PostgresAudit

    sealer = BoxSealer(settings.current().notifier_public_key)
    return Channels(
        database(), channel_book(), outbox(), channel_types(), sealer, PostgresAudit(database()), secrets.token_bytes
    )


@cache
def operator() -> TellOperator:
    """Tells whoever keeps the service running."""
    from chalicelib.queues import SqsJobQueue
    from chalicelib.services.watchdog import TellOperator

    return TellOperator(SqsJobQueue(settings.current().notification_queue))


@cache
def watchdog() -> Watchdog:
    """Sends canaries."""
    import uuid

    from chalicelib.services.watchdog import Watchdog

    return Watchdog(ledger(), outbox(), dispatch(), operator(), _record_delivery, lambda: f"ntf_{uuid.uuid4().hex}")


def _record_delivery(took_ms: float, at: int) -> None:
    """Keep how long a canary took as a metric of our own."""
    from chalicelib.services.incoming import Batch, Snapshot

    name = "notification_delivery"
    batch = Batch(snapshots=[(None, Snapshot({name: took_ms}, {"channel": "canary"}, at, {name: "ms"}))])
    ingest().record(batch, now=at, once=lambda: None)


def _links(notice: Notice, now: int) -> tuple[str, str]:
    """Where the dashboard shows an alert, and where it can be acknowledged; '' where there is no such place."""
    base = settings.current().public_url.rstrip("/")
    if not base or not notice.alert_id:
        return "", ""
    secret = settings.current().link_secret
    confirm = f"{base}/monitoring/confirm?token={make_token(secret, notice.alert_id, now)}" if secret else ""
    return f"{base}/dashboard/alerts/{notice.alert_id}", confirm
