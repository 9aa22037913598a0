"""Builds the notifier. It runs outside of the VPC: no database, no Valkey; SQS, DynamoDB and the internet only."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from chalicelib import settings

if TYPE_CHECKING:
    from chalicelib.channels.email import Email
    from chalicelib.channels.http import Http
    from chalicelib.channels.registry import Sender
    from chalicelib.queues import SqsJobQueue
    from chalicelib.services.announce import Publish
    from chalicelib.services.deliver import Again, Deliver
    from chalicelib.services.mail_reports import MailReports

_log = logging.getLogger(__name__)


@cache
def job_queue() -> SqsJobQueue:
    """The notifier's queue."""
    from chalicelib.queues import SqsJobQueue

    return SqsJobQueue(settings.current().notification_queue)


def postpone(receipt_handle: str, again: Again) -> None:
    """Have a message that was received come back when it is to be tried again."""
    _log.warning("a notification is tried again", extra={"seconds": again.seconds, "reason": again.why})
    job_queue().postpone(receipt_handle, again.seconds)


@cache
def deliver() -> Deliver:
    """Sends notification jobs."""
    import random
    import time

    from chalicelib.channels.registry import AllSenders
    from chalicelib.queues import SqsJobQueue, SqsReceiptQueue
    from chalicelib.sealing import BoxUnsealer
    from chalicelib.services.deliver import Deliver
    from chalicelib.storage.dynamodb.claims import DynamoClaims

    given = settings.current()
    return Deliver(
        DynamoClaims(given.claims_table),
        AllSenders(senders()),
        BoxUnsealer(given.notifier_private_key),
        SqsReceiptQueue(given.receipt_queue),
        SqsJobQueue(given.dead_letter_queue),
        clock=lambda: time.time_ns() // 1_000_000,
        chance=random.random,
    )


@cache
def mail_reports() -> MailReports:
    """Sends report mails."""
    import time

    from chalicelib.services.mail_reports import MailReports
    from chalicelib.storage.dynamodb.mailed import DynamoMailed

    return MailReports(DynamoMailed(settings.current().claims_table), _email(), lambda: time.time_ns() // 1_000_000)


@cache
def publish() -> Publish:
    """Puts events on the event bus."""
    from chalicelib.eventbridge import EventBridge
    from chalicelib.services.announce import Publish

    return Publish(EventBridge(settings.current().event_bus_name))


def http() -> Http:
    """The way to addresses that other people name."""
    from chalicelib.channels.addresses import Guard
    from chalicelib.channels.http import Http

    given = settings.current()
    return Http(Guard(allow_private=given.webhook_allow_private, allow_loopback=given.webhook_allow_loopback))


def _email() -> Email:
    from chalicelib.channels.email import Email, SesPost
    from chalicelib.channels.smtp import SmtpPost

    given = settings.current()
    sender = given.email_from or given.smtp_user or "perfmon@localhost"
    if not given.smtp_host:
        return Email(SesPost(), sender)
    return Email(SmtpPost(given.smtp_host, given.smtp_port, given.smtp_user, given.smtp_pass, given.smtp_tls), sender)


def senders() -> dict[str, Callable[[], Sender]]:
    """What builds each type's way out."""

    def slack() -> Sender:
        from chalicelib.channels.slack import Slack

        return Slack(http())

    def webhook() -> Sender:
        from chalicelib.channels.webhook import Webhook

        return Webhook(http())

    def pagerduty() -> Sender:
        from chalicelib.channels.pagerduty import PagerDuty

        return PagerDuty(http())

    def teams() -> Sender:
        from chalicelib.channels.teams import Teams

        return Teams(http())

    def sink() -> Sender:
        from chalicelib.channels.sink import Sink

        return Sink(http(), settings.current().heartbeat_url)

    def operator() -> Sender:
        from chalicelib.channels.operator import Operator, Topic

        given = settings.current()
        recipients = settings.names(given.operator_recipients or given.alert_default_recipients)
        topic = Topic(given.operator_topic) if given.operator_topic else None
        return Operator(topic, _email(), sorted(recipients))

    return {
        "email": _email,
        "slack": slack,
        "webhook": webhook,
        "pagerduty": pagerduty,
        "teams": teams,
        "sink": sink,
        "operator": operator,
    }
